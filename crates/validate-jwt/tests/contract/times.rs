//! Validity to the millisecond.

use serde_json::json;
use validate_jwt::Reason::{self, TokenExpirationMissing, TokenExpired, TokenNotYetValid};
use validate_jwt::time::Timestamp;

use crate::support::{ED, Gateway, NOW};

/// Judges a token with these dates at a time in milliseconds from [`NOW`].
fn judge_at(skew: u64, dates: &str, millis: i64) -> Option<Reason> {
    let mut gateway = Gateway::with(json!({ "clock_skew": skew }));
    gateway.now = Timestamp::from_millis(NOW * 1000 + millis);
    gateway.judge(&ED.token_of(r#"{"alg":"EdDSA","kid":"k"}"#, dates.as_bytes()))
}

#[test]
fn a_token_is_refused_from_the_millisecond_of_exp_and_skew_on() {
    let exp = format!("{{\"exp\":{NOW}}}");
    for skew in [0_i64, 1, 300, 600] {
        let end = skew * 1000;
        let skew = skew.unsigned_abs();
        assert_eq!(judge_at(skew, &exp, end - 1), None, "{skew}");
        for after in [0, 1, 1000] {
            assert_eq!(judge_at(skew, &exp, end + after), Some(TokenExpired));
        }
    }
}

#[test]
fn a_token_is_good_from_the_millisecond_of_nbf_less_skew_on() {
    let nbf = format!("{{\"nbf\":{NOW},\"exp\":{}}}", NOW + 1000);
    for skew in [0_i64, 1, 300, 600] {
        let start = -skew * 1000;
        let skew = skew.unsigned_abs();
        assert_eq!(judge_at(skew, &nbf, start - 1), Some(TokenNotYetValid));
        for after in [0, 1, 1000] {
            assert_eq!(judge_at(skew, &nbf, start + after), None, "{skew}");
        }
    }
}

#[test]
fn fractions_count_to_the_millisecond() {
    let exp = format!("{{\"exp\":{NOW}.25}}");
    assert_eq!(judge_at(0, &exp, 249), None);
    assert_eq!(judge_at(0, &exp, 250), Some(TokenExpired));
    let nbf = format!("{{\"nbf\":{NOW}.25,\"exp\":{}}}", NOW + 10);
    assert_eq!(judge_at(0, &nbf, 249), Some(TokenNotYetValid));
    assert_eq!(judge_at(0, &nbf, 250), None);
}

#[test]
fn a_remembered_token_ends_at_the_same_millisecond() {
    for skew in [0_u64, 60] {
        let mut gateway = Gateway::with(json!({ "clock_skew": skew }));
        let dates = format!("{{\"exp\":{},\"nbf\":{NOW}}}", NOW + 10);
        let token = ED.token_of(r#"{"alg":"EdDSA","kid":"k"}"#, dates.as_bytes());
        assert_eq!(gateway.judge(&token), None);
        let end = Timestamp::from_secs(NOW + 10).plus_secs(skew).as_millis();
        for (millis, expected) in [
            (end - 1, None),
            (end, Some(TokenExpired)),
            // A clock that goes back does not make it good for longer, nor good too early.
            (end - 1, None),
            (
                Timestamp::from_secs(NOW).minus_secs(skew).as_millis() - 1,
                Some(TokenNotYetValid),
            ),
        ] {
            gateway.now = Timestamp::from_millis(millis);
            assert_eq!(gateway.judge(&token), expected, "{millis}");
        }
    }
}

#[test]
fn exp_may_be_missing_only_where_the_policy_says_so() {
    for (payload, strict, lax) in [
        ("{}", Some(TokenExpirationMissing), None),
        ("{\"nbf\":0}", Some(TokenExpirationMissing), None),
        ("{\"exp\":0}", Some(TokenExpired), Some(TokenExpired)),
        (
            "{\"exp\":null}",
            Some(Reason::TokenMalformed),
            Some(Reason::TokenMalformed),
        ),
        (
            "{\"exp\":\"never\"}",
            Some(Reason::TokenMalformed),
            Some(Reason::TokenMalformed),
        ),
    ] {
        let token = ED.token_of(r#"{"alg":"EdDSA","kid":"k"}"#, payload.as_bytes());
        for (fields, expected) in [
            (json!({}), strict),
            (json!({ "require_expiration_time": true }), strict),
            (json!({ "require_expiration_time": false }), lax),
        ] {
            assert_eq!(Gateway::with(fields).judge(&token), expected, "{payload}");
        }
    }
}
