//! The request as the filter would see it.

use validate_jwt::policy::TokenLocation;
use validate_jwt::request::Route;

/// Header fields, pseudo-header fields first.
#[derive(Clone, Debug)]
pub struct SentRequest(Vec<(Vec<u8>, Vec<u8>)>);

impl SentRequest {
    /// A request without a token. A `host` among the fields takes the place of `host`, as it does in Envoy.
    #[must_use]
    pub fn new(method: &str, host: &str, path: &str, fields: &[(String, String)]) -> Self {
        let (hosts, others): (Vec<_>, Vec<_>) = fields.iter().partition(|(name, _)| name == "host");
        let host = hosts.first().map_or(host, |(_, value)| value.as_str());
        let pseudo = [(":method", method), (":authority", host), (":path", path)];
        let field = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
        let pseudo = pseudo.iter().map(|(name, value)| field(name, value));
        let others = others.into_iter().map(|(name, value)| field(name, value));
        Self(pseudo.chain(others).collect())
    }

    /// Puts the token where the policy looks for it; without a policy, where clients put it.
    pub fn put_token(&mut self, token: &str, location: Option<&TokenLocation>) {
        match location {
            Some(TokenLocation::Query { name }) => {
                let parameter = format!("{name}={token}");
                if let Some((_, path)) = self.0.iter_mut().find(|(name, _)| name == b":path") {
                    let divider = if path.contains(&b'?') { b'&' } else { b'?' };
                    path.push(divider);
                    path.extend_from_slice(parameter.as_bytes());
                }
            }
            Some(TokenLocation::Header { name, scheme }) => {
                let scheme = scheme
                    .as_deref()
                    .or((name == "authorization").then_some("Bearer"));
                self.put(name, scheme, token);
            }
            None => self.put("authorization", Some("Bearer"), token),
        }
    }

    fn put(&mut self, name: &str, scheme: Option<&str>, token: &str) {
        let value = match scheme {
            Some(scheme) => format!("{scheme} {token}"),
            None => token.to_owned(),
        };
        self.0.push((name.into(), value.into()));
    }

    /// The fields.
    #[must_use]
    pub fn headers(&self) -> &[(Vec<u8>, Vec<u8>)] {
        &self.0
    }

    /// The first value of a field, or nothing.
    #[must_use]
    pub fn first(&self, wanted: &str) -> &[u8] {
        let found = self.0.iter().find(|(name, _)| name == wanted.as_bytes());
        found.map_or(&[], |(_, value)| value)
    }

    /// What the route says.
    #[must_use]
    pub fn route<'r>(&self, policy: Option<&'r str>) -> Route<'r> {
        policy.map_or(Route::Unset, |name| Route::Policy(name.as_bytes()))
    }
}
