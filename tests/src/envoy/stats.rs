//! Envoy's counters and gauges.

use std::collections::BTreeMap;

use serde_json::Value;

use super::process::Envoy;
use crate::http;
use crate::wait::eventually;

impl Envoy {
    /// All counters and gauges whose name contains `part`. Those of the module begin with `wasmcustom.`.
    pub fn stats(&self, part: &str) -> BTreeMap<String, u64> {
        // Envoy takes a regular expression; it only has to leave out most of what is not asked for.
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let filter = part.replace(|letter| !plain(letter), ".");
        let path = format!("/stats?format=json&filter={filter}");
        let all = http::get(self.admin(), &path, &[]).json();
        let number = |stat: &Value| {
            let name = stat["name"].as_str()?;
            let value = stat["value"].as_u64()?;
            name.contains(part).then(|| (name.to_owned(), value))
        };
        all["stats"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(number)
            .collect()
    }

    /// One counter or gauge; 0 when there is none of that name.
    pub fn stat(&self, name: &str) -> u64 {
        self.stats(name).get(name).copied().unwrap_or(0)
    }

    /// The sum of all counters of the module whose name contains every one of `parts`.
    pub fn module_stat(&self, parts: &[&str]) -> u64 {
        let has_all = |name: &str| parts.iter().all(|part| name.contains(part));
        let all = self.stats("wasmcustom.");
        all.iter()
            .filter(|(name, _)| has_all(name))
            .map(|(_, value)| value)
            .sum()
    }

    /// Waits until a counter or gauge has this value; workers report theirs with a delay.
    pub fn wait_for_stat(&self, name: &str, value: u64) {
        eventually(&format!("{name} is {value}"), || self.stat(name) == value);
    }

    /// What a Prometheus server would read.
    pub fn prometheus(&self) -> String {
        http::get(self.admin(), "/stats/prometheus", &[])
            .text()
            .to_owned()
    }

    /// How many connections each worker has taken on any listener so far, by the worker's number.
    pub fn connections_of_workers(&self) -> Vec<u64> {
        let mut workers = BTreeMap::new();
        for (name, value) in self.stats("downstream_cx_total") {
            let worker = name.split_once(".worker_").map(|(_, rest)| rest);
            let number = worker.and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
            if let Some(number) = number {
                *workers.entry(number).or_default() += value;
            }
        }
        workers.into_values().collect()
    }

    /// How often a virtual machine had to be made anew because the module trapped.
    pub fn vm_reloads(&self) -> u64 {
        self.stats("vm_reload").values().sum()
    }
}
