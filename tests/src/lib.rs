//! Support for tests in a real Envoy.
