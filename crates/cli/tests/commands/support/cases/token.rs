//! Cases about a token's form and its key.

use serde_json::{Value, json};
use validate_jwt_tests::{Signer, Token, alter};

use super::{Case, Outcome, World};

impl World {
    pub(super) fn form(&self) -> Vec<Case> {
        use Outcome::{Allow, Deny};
        let (signer, good) = (&self.signer, self.token().sign());
        let claims = self.token().claims().clone();
        let of = |header: Value| signer.token(&header, &claims);
        let raw = |claims: &[u8]| signer.token_of_bytes(br#"{"alg":"RS256","kid":"k1"}"#, claims);
        let unsigned = |header: Value| {
            let token = of(header);
            token.rsplit_once('.').map(|(input, _)| format!("{input}."))
        };
        vec![
            self.case("good", good.clone(), Allow),
            self.case("a word", "abc".to_owned(), Deny("token_malformed")),
            self.case("two parts", "eyJ9.e30".to_owned(), Deny("token_malformed")),
            self.case(
                "five parts",
                "eyJ9.e.e.e.e".to_owned(),
                Deny("token_malformed"),
            ),
            self.case("padded", format!("{good}="), Deny("token_malformed")),
            self.case(
                "header is no JSON",
                signer.token_of_bytes(b"alg", b"{}"),
                Deny("token_malformed"),
            ),
            self.case("payload is no JSON", raw(b"{"), Deny("token_malformed")),
            self.case("payload is a list", raw(b"[]"), Deny("token_malformed")),
            self.case(
                "member twice",
                raw(br#"{"aud":"a","aud":"b"}"#),
                Deny("token_malformed"),
            ),
            self.case(
                "text as date",
                self.token().claim("exp", "9999999999").sign(),
                Deny("token_malformed"),
            ),
            self.case(
                "crit",
                of(json!({"alg": "RS256", "kid": "k1", "crit": ["b64"]})),
                Deny("token_malformed"),
            ),
            self.case(
                "alg none",
                unsigned(json!({"alg": "none"})),
                Deny("algorithm_not_allowed"),
            ),
            self.case(
                "no signature",
                unsigned(json!({"alg": "RS256", "kid": "k1"})),
                Deny("token_malformed"),
            ),
            self.case(
                "no alg",
                of(json!({"kid": "k1"})),
                Deny("algorithm_not_allowed"),
            ),
            self.case(
                "HS256 with the public key",
                Signer::hmac("k1", signer.public_der())
                    .token(&json!({"alg": "HS256", "kid": "k1"}), &claims),
                Deny("algorithm_not_allowed"),
            ),
            self.with(
                "one algorithm",
                json!({"algorithms": ["ES256"]}),
                good.clone(),
                Deny("algorithm_not_allowed"),
            ),
            self.with(
                "long",
                json!({"max_token_bytes": 256}),
                good.clone(),
                Deny("token_too_large"),
            ),
            self.with(
                "type of RFC 9068",
                json!({"token_types": ["at+jwt"]}),
                self.token().header("typ", "application/AT+JWT").sign(),
                Allow,
            ),
            self.with(
                "other type",
                json!({"token_types": ["at+jwt"]}),
                good,
                Deny("token_type_not_allowed"),
            ),
            self.with(
                "no type",
                json!({"token_types": ["at+jwt"]}),
                self.token().without_header("typ").sign(),
                Deny("token_type_not_allowed"),
            ),
        ]
    }

    pub(super) fn keys(&self) -> Vec<Case> {
        use Outcome::{Allow, Deny};
        let good = self.token().sign();
        let other = Token::new(&self.provider.issuer(), &Signer::rsa("other").named("k1"));
        let broken =
            json!({"openid_configs": [{"url": self.broken.discovery_url(), "cluster": "broken"}]});
        let at_broken = Token::new(&self.broken.issuer(), &self.signer);
        let without_keys = |case: Case| Case {
            has_keys: false,
            ..case
        };
        let fixed = |keys: Value| json!({"openid_configs": null, "issuer_signing_keys": keys});
        let inline = |signer: &Signer| json!({"openid_configs": null, "jwks": [{"inline": {"keys": [signer.jwk()]}}]});
        let signed_by = |signer: &Signer| Token::new(&self.provider.issuer(), signer).sign();
        let (ec, ed) = (Signer::ec256("e1"), Signer::ed25519("d1"));
        let ps = Signer::rsa("p1").with_algorithm("PS256");
        let secret = Signer::hmac("h1", *b"0123456789abcdef0123456789abcdef");
        let value = json!([{"value": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}]);
        vec![
            self.case(
                "unknown kid",
                self.token().header("kid", "k9").sign(),
                Deny("token_signature_key_not_found"),
            ),
            self.case("no kid", self.token().without_header("kid").sign(), Allow),
            self.case(
                "key of another name",
                self.token().header("kid", "k2").sign(),
                Deny("token_signature_invalid"),
            ),
            self.case(
                "altered signature",
                alter(&good, 2, 10),
                Deny("token_signature_invalid"),
            ),
            self.case("another key", other.sign(), Deny("token_signature_invalid")),
            without_keys(self.with(
                "no keys",
                broken.clone(),
                at_broken.sign(),
                Deny("keys_unavailable"),
            )),
            without_keys(self.with(
                "no keys, other audience",
                broken,
                at_broken.claim("aud", "x").sign(),
                Deny("token_audience_not_allowed"),
            )),
            self.with("secret", fixed(value.clone()), signed_by(&secret), Allow),
            self.with(
                "other secret",
                fixed(value),
                signed_by(&Signer::hmac("h1", *b"another secret of 32 bytes, here")),
                Deny("token_signature_invalid"),
            ),
            self.with("ES256", inline(&ec), signed_by(&ec), Allow),
            self.with("EdDSA", inline(&ed), signed_by(&ed), Allow),
            self.with(
                "PS256",
                inline(&Signer::rsa("p1").with_algorithm("PS256")),
                signed_by(&ps),
                Allow,
            ),
            self.with(
                "ES256 altered",
                inline(&ec),
                alter(&signed_by(&ec), 2, 20),
                Deny("token_signature_invalid"),
            ),
        ]
    }
}
