//! Several elements that must all hold, as one policy.

use super::draft::{AzureAd, Claim, Draft};

/// A policy that takes exactly the tokens that both take.
///
/// # Errors
/// What one policy cannot say about both.
pub(super) fn merge(first: &Draft, second: &Draft) -> Result<Draft, &'static str> {
    if first.place != second.place {
        return Err("they take the token from different places");
    }
    if first.openid_configs != second.openid_configs
        || first.issuer_signing_keys != second.issuer_signing_keys
    {
        return Err("they take their keys from different sources");
    }
    let mut merged = first.clone();
    merged.azure_ad = azure_ad(first.azure_ad.as_ref(), second.azure_ad.as_ref())?;
    merged.issuers = issuers(first, second)?;
    merged.algorithms = first
        .algorithms
        .iter()
        .copied()
        .filter(|name| second.algorithms.contains(name))
        .collect();
    if merged.algorithms.is_empty() {
        return Err("no algorithm is taken by both");
    }
    for claim in &second.required_claims {
        if !merged.required_claims.contains(claim) {
            merged.required_claims.push(claim.clone());
        }
    }
    if merged.audiences.is_empty() {
        merged.audiences.clone_from(&second.audiences);
    } else if !second.audiences.is_empty() && second.audiences != merged.audiences {
        let values = second.audiences.clone();
        merged.required_claims.push(Claim {
            name: "aud".to_owned(),
            any: true,
            separator: None,
            values,
        });
    }
    merged.allow_missing_expiration =
        first.allow_missing_expiration && second.allow_missing_expiration;
    merged.clock_skew = first.clock_skew.min(second.clock_skew);
    merged.status = first.status.or(second.status);
    merged.message = first.message.clone().or_else(|| second.message.clone());
    Ok(merged)
}

/// Sources that state an issuer add theirs to either list, so that only the lists have to agree.
fn issuers(first: &Draft, second: &Draft) -> Result<Vec<String>, &'static str> {
    let none_stated = first.openid_configs.is_empty() && first.azure_ad.is_none();
    match (first.issuers.is_empty(), second.issuers.is_empty()) {
        (true, _) if none_stated => return Ok(second.issuers.clone()),
        (_, true) if none_stated => return Ok(first.issuers.clone()),
        _ => {}
    }
    let both: Vec<String> = first
        .issuers
        .iter()
        .filter(|issuer| second.issuers.contains(issuer))
        .cloned()
        .collect();
    if both.is_empty() && none_stated {
        Err("no issuer is taken by both")
    } else {
        Ok(both)
    }
}

fn azure_ad(
    first: Option<&AzureAd>,
    second: Option<&AzureAd>,
) -> Result<Option<AzureAd>, &'static str> {
    let (Some(first), Some(second)) = (first, second) else {
        return if first == second {
            Ok(None)
        } else {
            Err("they take their keys from different sources")
        };
    };
    let without_clients = |azure_ad: &AzureAd| AzureAd {
        client_application_ids: Vec::new(),
        ..azure_ad.clone()
    };
    if without_clients(first) != without_clients(second) {
        return Err("they are for different tenants");
    }
    let (left, right) = (
        &first.client_application_ids,
        &second.client_application_ids,
    );
    let client_application_ids: Vec<String> = match (left.is_empty(), right.is_empty()) {
        (true, _) => right.clone(),
        (_, true) => left.clone(),
        (false, false) => left
            .iter()
            .filter(|id| right.contains(id))
            .cloned()
            .collect(),
    };
    if client_application_ids.is_empty() && !left.is_empty() {
        return Err("no client application is taken by both");
    }
    Ok(Some(AzureAd {
        client_application_ids,
        ..first.clone()
    }))
}

#[cfg(test)]
mod tests {
    use super::super::draft::{OpenidConfig, TokenPlace};
    use super::*;

    fn draft(audiences: &[&str], issuers: &[&str]) -> Draft {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Draft {
            audiences: texts(audiences),
            issuers: texts(issuers),
            algorithms: vec!["RS256"],
            ..Draft::default()
        }
    }

    #[test]
    fn audiences_of_both_must_hold() {
        let merged = merge(&draft(&["a"], &[]), &draft(&["b", "c"], &[])).unwrap();
        assert_eq!(merged.audiences, ["a"]);
        assert_eq!(merged.required_claims[0].values, ["b", "c"]);
        assert!(merged.required_claims[0].any);
    }

    #[test]
    fn the_one_that_checks_issuers_decides_when_no_source_states_one() {
        assert_eq!(
            merge(&draft(&[], &[]), &draft(&[], &["i"]))
                .unwrap()
                .issuers,
            ["i"]
        );
        assert!(merge(&draft(&[], &["h"]), &draft(&[], &["i"])).is_err());
    }

    #[test]
    fn with_a_source_that_states_its_issuer_only_common_ones_are_added() {
        let source = OpenidConfig {
            url: "https://x/".to_owned(),
            cluster: "x".to_owned(),
        };
        let with = |issuers: &[&str]| Draft {
            openid_configs: vec![source.clone()],
            ..draft(&[], issuers)
        };
        assert_eq!(
            merge(&with(&["i", "j"]), &with(&["j"])).unwrap().issuers,
            ["j"]
        );
        assert!(merge(&with(&[]), &with(&["j"])).unwrap().issuers.is_empty());
    }

    #[test]
    fn times_are_the_stricter_ones() {
        let first = Draft {
            clock_skew: 60,
            allow_missing_expiration: true,
            ..draft(&[], &[])
        };
        let merged = merge(&first, &draft(&[], &[])).unwrap();
        assert_eq!(
            (merged.clock_skew, merged.allow_missing_expiration),
            (0, false)
        );
    }

    #[test]
    fn different_places_and_sources_are_not_merged() {
        let place = TokenPlace {
            header_name: Some("X".to_owned()),
            ..TokenPlace::default()
        };
        assert!(
            merge(
                &Draft {
                    place,
                    ..draft(&[], &[])
                },
                &draft(&[], &[])
            )
            .is_err()
        );
        let openid_configs = vec![OpenidConfig {
            url: "https://x/".to_owned(),
            cluster: "x".to_owned(),
        }];
        assert!(
            merge(
                &Draft {
                    openid_configs,
                    ..draft(&[], &[])
                },
                &draft(&[], &[])
            )
            .is_err()
        );
    }
}
