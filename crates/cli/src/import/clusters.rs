//! The Envoy clusters that stand for the hosts in a policy.

use super::report::Cluster;

/// An address that is fetched, taken apart as far as a cluster needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) scheme: &'static str,
    pub(super) host: String,
    pub(super) port: u16,
    /// What comes after host and port, with its `/`; may be empty.
    pub(super) path: String,
}

impl Address {
    /// Reads an absolute `https` or `http` address.
    pub(super) fn parse(url: &str) -> Result<Self, &'static str> {
        let lower = url.to_ascii_lowercase();
        let (scheme, default_port) = if lower.starts_with("https://") {
            ("https", 443)
        } else if lower.starts_with("http://") {
            ("http", 80)
        } else {
            return Err("must begin with https://");
        };
        if url.chars().any(|c| {
            c.is_whitespace()
                || c.is_control()
                || matches!(c, '<' | '>' | '"' | '{' | '}' | '\\' | '^' | '`' | '|')
        }) {
            return Err(
                "has a character that no address may have; is there a placeholder left in it?",
            );
        }
        let rest = url.split_once("://").map_or("", |(_, rest)| rest);
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err("must have no user and password");
        }
        if path.contains('#') {
            return Err("must have no fragment (#…)");
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => {
                let digits = port.chars().all(|c| c.is_ascii_digit());
                (
                    host,
                    port.parse()
                        .ok()
                        .filter(|port| digits && *port > 0)
                        .ok_or("has no valid port")?,
                )
            }
            _ => (authority, default_port),
        };
        if host.is_empty()
            || !host.chars().all(|c| {
                c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']' | ':')
            })
        {
            return Err("has no valid host");
        }
        Ok(Self {
            scheme,
            host: host.to_ascii_lowercase(),
            port,
            path: path.to_owned(),
        })
    }
}

/// Names clusters, and remembers which address each stands for.
#[derive(Debug, Default)]
pub(super) struct Clusters {
    names: Vec<(String, String)>,
    used: Vec<Cluster>,
}

impl Clusters {
    /// `names` are the person's: host, or `host:port`, and the name of the cluster.
    pub(super) fn new(names: &[(String, String)]) -> Self {
        let names = names
            .iter()
            .map(|(host, name)| (host.to_ascii_lowercase(), name.clone()))
            .collect();
        Self {
            names,
            used: Vec::new(),
        }
    }

    /// The name of the cluster for an address.
    ///
    /// # Errors
    /// Another address already has the name: Envoy could not tell them apart.
    pub(super) fn name(&mut self, address: &Address) -> Result<String, String> {
        let Address { host, port, .. } = address;
        let with_port = format!("{host}:{port}");
        let given = |wanted: &str| {
            self.names
                .iter()
                .rfind(|(host, _)| host == wanted)
                .map(|(_, name)| name.clone())
        };
        let name = given(&with_port)
            .or_else(|| given(host))
            .unwrap_or_else(|| default_name(host));
        match self.used.iter().find(|cluster| cluster.name == name) {
            Some(other) if other.host != *host || other.port != *port => Err(format!(
                "the cluster \"{name}\" would stand for {}:{} and for {with_port}; name one with --cluster {with_port}=NAME",
                other.host, other.port
            )),
            Some(_) => Ok(name),
            None => {
                self.used.push(Cluster {
                    name: name.clone(),
                    host: host.clone(),
                    port: *port,
                });
                Ok(name)
            }
        }
    }

    /// Those of the named clusters that `is_used` still knows, in the order of their first use.
    pub(super) fn into_used(self, is_used: impl Fn(&str) -> bool) -> Vec<Cluster> {
        self.used
            .into_iter()
            .filter(|cluster| is_used(&cluster.name))
            .collect()
    }
}

/// Letters, digits and `-` stay; every other character becomes `_`.
fn default_name(host: &str) -> String {
    host.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let address = Address::parse("https://Login.Example.com:8443/a?p=1").unwrap();
        assert_eq!(
            (address.host.as_str(), address.port, address.path.as_str()),
            ("login.example.com", 8443, "/a?p=1")
        );
        assert_eq!(Address::parse("http://h").unwrap().port, 80);
        assert_eq!(Address::parse("https://[::1]/").unwrap().host, "[::1]");
    }

    #[test]
    fn what_is_no_plain_https_address_is_refused() {
        for url in [
            "",
            "ftp://x",
            "https://",
            "https:///x",
            "https://u:p@h/",
            "https://h:0/",
            "https://h:+1/",
            "https://h:99999/",
            "https://{t}/",
            "https://a b/",
            "https://h/#x",
            "https://ü/",
        ] {
            assert!(Address::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn two_addresses_never_share_a_name() {
        let mut clusters = Clusters::new(&[
            ("b.example".to_owned(), "b".to_owned()),
            ("c:8443".to_owned(), "cx".to_owned()),
        ]);
        let mut name = |url: &str| clusters.name(&Address::parse(url).unwrap());
        assert_eq!(name("https://a.example/1").unwrap(), "a_example");
        assert_eq!(name("https://a.example/2").unwrap(), "a_example");
        assert!(name("https://a.example:8443/").is_err());
        assert_eq!(name("https://b.example/").unwrap(), "b");
        assert_eq!(name("https://c:8443/").unwrap(), "cx");
    }
}
