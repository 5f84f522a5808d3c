//! The same verdicts whoever verifies the signatures.

use serde_json::json;
use validate_jwt_tests::envoy::Builder;
use validate_jwt_tests::{Gateway, Provider, Request, Signer, Token, alter, policy};

use crate::gateway::{WORKERS, is_unharmed, refuses_token};

#[test]
fn with_the_hosts_cryptography_good_passes_and_altered_is_refused() {
    keeps_its_promise(|builder, _| builder);
}

#[test]
fn with_its_own_cryptography_good_passes_and_altered_is_refused() {
    keeps_its_promise(|builder, provider| {
        let mut policy = policy(provider);
        policy["use_host_crypto"] = json!(false);
        builder.config(&policy)
    });
}

#[test]
fn where_the_host_offers_no_cryptography_good_passes_and_altered_is_refused() {
    let gateway = keeps_its_promise(|builder, _| {
        builder.without_module_capability("proxy_call_foreign_function")
    });
    gateway.envoy.wait_for_log("does not verify signatures");
}

fn keeps_its_promise(adapt: impl FnOnce(Builder, &Provider) -> Builder) -> Gateway {
    let signers = [
        Signer::rsa("k1"),
        Signer::rsa("k1").named("p256").with_algorithm("PS256"),
        Signer::rsa("k1").named("r512").with_algorithm("RS512"),
        Signer::ec256("e256"),
        Signer::ec384("e384"),
        Signer::ed25519("ed"),
    ];
    let gateway = Gateway::start_with(|builder, provider| {
        provider.set_keys(signers.iter().map(Signer::jwk));
        adapt(builder.workers(WORKERS), provider)
    });
    for signer in &signers {
        let algorithm = signer.algorithm();
        let token = Token::new(&gateway.provider.issuer(), signer).sign();
        let response = Request::get("/").bearer(&token).send(gateway.address());
        assert_eq!(response.status, 200, "{algorithm}: {response:?}");
        for position in [0, 5, 20] {
            let altered = alter(&token, 2, position);
            refuses_token(&gateway, algorithm, "token_signature_invalid", altered);
        }
        // The claims of one token with the signature of another.
        let (input, signature) = token.rsplit_once('.').expect("a signature");
        let (header, _) = input.split_once('.').expect("a payload");
        let other = Token::new(&gateway.provider.issuer(), signer)
            .claim("sub", "somebody else")
            .sign();
        let payload = other.split('.').nth(1).expect("a payload");
        let mixed = format!("{header}.{payload}.{signature}");
        refuses_token(&gateway, algorithm, "token_signature_invalid", mixed);
    }
    is_unharmed(&gateway, "all algorithms");
    gateway
}
