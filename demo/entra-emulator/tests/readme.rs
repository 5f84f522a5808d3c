//! The README's requests, asked as they stand there.

#[cfg(test)]
#[expect(dead_code, reason = "every test file uses a part of it")]
mod support;

#[cfg(test)]
mod tests {
    use super::support::{form, get, knob, start};

    const README: &str = include_str!("../README.md");
    const BASE: &str = "http://127.0.0.1:8080";

    #[test]
    fn the_token_command_gets_a_token() {
        let emulator = start();
        let (_, command) = README.split_once(&format!("curl -sS {BASE}")).unwrap();
        let (command, _) = command.split_once("\n```").unwrap();
        let mut words = command
            .split([' ', '\n', '\\'])
            .filter(|word| !word.is_empty());
        let path = words.next().unwrap();
        let parameters: Vec<_> = words.filter(|word| *word != "-d").collect();
        assert_eq!(parameters.len(), 4, "{parameters:?}");
        assert_eq!(form(&emulator, path, &parameters.join("&")).status, 200);
    }

    #[test]
    fn every_knob_turns_as_written() {
        let emulator = start();
        let rows = README
            .lines()
            .filter(|line| line.starts_with("| `/emulator/"));
        let examples: Vec<_> = rows
            .flat_map(|row| {
                let mut quoted = row.split('`').skip(1).step_by(2);
                let name = quoted.next().unwrap().trim_start_matches("/emulator/");
                quoted
                    .filter(|text| text.starts_with('{'))
                    .map(move |body| (name, body))
            })
            .collect();
        assert!(examples.len() >= 10, "{examples:?}");
        for (name, body) in examples {
            let kid = get(&emulator, "/emulator/state").json()["keys"][0]["kid"].to_string();
            knob(&emulator, name, &body.replace("\"…\"", &kid));
        }
    }

    #[test]
    fn the_get_endpoints_of_the_table_answer() {
        let emulator = start();
        let table = README
            .split("## Endpoints")
            .nth(1)
            .unwrap()
            .split("## Knobs")
            .next()
            .unwrap();
        let paths: Vec<_> = table
            .split('`')
            .filter_map(|text| text.strip_prefix("GET "))
            .filter(|path| *path != "/ca.pem")
            .collect();
        assert!(paths.len() >= 6, "{paths:?}");
        for path in paths {
            for tenant in ["emulated.example", "common", "organizations"] {
                assert_eq!(
                    get(&emulator, &path.replace("{tenant}", tenant)).status,
                    200,
                    "{path}"
                );
            }
        }
    }
}
