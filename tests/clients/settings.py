"""Where the system under test is, and who is who in the emulator's built-in registrations."""

import os

# Without a slash at the end.
EMULATOR = os.environ.get("EMULATOR", "https://localhost:8443")
GATEWAY = os.environ.get("GATEWAY", "http://localhost:8080")
# The emulator's CA.
CA_FILE = os.environ["CA_FILE"]

TENANT = "11111111-1111-1111-1111-111111111111"
SCOPE = "api://number-conversion/.default"
WITH_ROLE = ("44444444-4444-4444-4444-444444444444", "development-only-secret")
WITHOUT_ROLE = ("55555555-5555-5555-5555-555555555555", "development-only-secret-without-role")

WSDL = f"{GATEWAY}/webservicesserver/NumberConversion.wso?WSDL"
REFUSAL = {"statusCode": 401, "message": "Unauthorized. Access token is missing or invalid."}

# For one request. The gateway lets one wait 3 seconds for keys at most.
TIMEOUT_SECONDS = 15

# `keys.min_refetch_interval` of the gateway's policy in envoy/envoy.yaml.
MIN_REFETCH_INTERVAL_SECONDS = 1
