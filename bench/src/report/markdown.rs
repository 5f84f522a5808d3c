//! `docs/benchmarks.md`.

use std::fmt::Write as _;

use super::Report;
use super::svg::grouped;
use crate::commands::Timed;
use crate::curves::Curve;
use crate::filters::{
    COLD, FLOOR_ALTERNATIVES, FLOOR_COLD, FLOOR_CONTEXTS, FLOOR_ENTRY, FLOOR_WARM, FLOORS, NONE,
    REFUSALS, WARM, refusal_floor, refused,
};
use crate::rounds::cpu_times;
use crate::statistics::Spread;

/// The page.
pub(super) fn page(report: &Report) -> String {
    let machine = &report.machine;
    let mut page = format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench --write`; change the program in `bench/`, not this page.\n\n\
         - {} · {} cores · {} · {}\n\
         - Envoy {} · {} · empty Rust filter and this filter built alike\n\
         - {} rounds of {} requests for each case{}\n\n",
        machine.processor,
        machine.cores,
        machine.kernel,
        machine.day,
        machine.envoy,
        machine.rustc,
        report.effort.rounds,
        grouped(report.effort.requests),
        if report.separate_cores {
            ", Envoy's worker on one core, the client on another"
        } else {
            ""
        },
    );
    page.push_str(METHOD);
    page.push_str("## Beside `jwt_authn`\n\n");
    page.push_str(
        "Ratios of CPU time per request, this filter to Envoy's own: below 1 this one costs less. Median of the \
         rounds' ratios, quartiles in brackets. The floor is what a filter would reach whose own work took no time; \
         see [below](#the-floor).\n\n\
         | compared | ratio | aim | floor | |\n| --- | --- | --- | --- | --- |\n",
    );
    for outcome in &report.targets {
        let _never_fails = writeln!(
            page,
            "| {} | {:.2} ({:.2}–{:.2}) | ≤ {:.2} | {} | {} |",
            outcome.what,
            outcome.ratio.median,
            outcome.ratio.lower,
            outcome.ratio.upper,
            outcome.at_most,
            outcome
                .floor
                .map_or_else(String::new, |floor| format!("{:.2}", floor.median)),
            if outcome.is_met { "met" } else { "**missed**" },
        );
    }
    page.push_str(&losses(report));
    page.push_str(&floors(report));
    page.push_str(&filters(report));
    for curve in &report.curves {
        page.push_str(&section(curve));
    }
    page.push_str(&commands(&report.commands));
    page
}

const METHOD: &str = "\
## What is measured

One Envoy with one worker has a listener for each case. Behind each filter Envoy itself answers, so that nothing but Envoy and
the filter is measured. The same request goes to all: eight header fields and a token as Entra ID makes it for an application
(version 2.0, RS256 with a key of 2048 bits, about 1.1 KB), over 16 keep-alive connections with one request under way on each.
Both filters check issuer, audience and expiry; this one checks roles besides, which `jwt_authn` cannot.

The CPU time is what the kernel's scheduler has counted for the worker's thread (`/proc/PID/task/TID/schedstat`); work of the
client, of other threads and waiting are not in it. In each round every case is measured once, and a ratio is that of one round,
so that what slows the machine for a while slows both sides. Each case's part of a round begins with 200 requests that are not
measured: caches are then its own, and the hundred refusals that a worker logs in a second are over, so that a refusal costs what it
costs in a flood of them.

- **no filter**: the listener without a filter, Envoy's own share of every figure.
- **floor: …**: modules of a few instructions that make host calls and use nothing of what they get; see [the floor](#the-floor).
  **empty Rust filter**: a filter made with the Rust SDK that does nothing.
- **jwt_authn**: local key set, no cache, `forward: true`. **token cache**: with `jwt_cache_config`.
- **validate-jwt**: as it is installed, the token seen before. **no token cache**: `token_cache.max_bytes` 0, every token
  verified. **no host crypto**: `use_host_crypto` false besides, the signature verified within the module.
- **bad signature**: everything right but the signature. **garbage token**: as long as the good one, no JWT. **no token**: no
  `Authorization`. All of them answered with 401.

Requests per second and latencies are those of one saturated worker: 16 requests wait for it at any time, so a latency is the time
for 16 requests.

";

/// Says in words where the other filter is cheaper.
fn losses(report: &Report) -> String {
    let lost: Vec<String> = report
        .targets
        .iter()
        .filter(|outcome| outcome.floor.is_some() && outcome.ratio.median > 1.0)
        .map(|outcome| {
            format!(
                "{} ({:+.0} %)",
                outcome.what,
                (outcome.ratio.median - 1.0) * 100.0
            )
        })
        .collect();
    if lost.is_empty() {
        return "\nIn this run `jwt_authn` was cheaper in none of them.\n\n".to_owned();
    }
    format!(
        "\nWhere `jwt_authn` is cheaper: {}. A filter in WebAssembly is entered through a virtual machine, and every header \
         field that it reads is copied into that machine; Envoy's own filter has neither.\n\n",
        lost.join("; ")
    )
}

/// What no filter can go below that runs in the virtual machine and makes the host calls that the task needs, call by call.
fn floors(report: &Report) -> String {
    let cost = |name: &str| cpu_times(&report.filters, name);
    let mut text = String::from(FLOOR);
    let mut row = |what: &str, name: &str, below: &str| {
        if let (Some(cost), Some(below)) = (cost(name), cost(below)) {
            let _never_fails = writeln!(
                text,
                "| {what} | {:.1} |",
                Spread::of_differences(cost, below).median
            );
        }
    };
    row("entering and leaving the module", FLOOR_ENTRY, NONE);
    let mut below = FLOOR_ENTRY;
    for ((name, _), what) in FLOORS.into_iter().zip([
        "`proxy_get_header_map_pairs`: all header fields, 1.5 KB",
        "`proxy_get_current_time_nanoseconds`",
        "`proxy_get_property`: `xds.route_metadata`, which is not set",
    ]) {
        row(what, name, below);
        below = name;
    }
    for ((name, _), what) in FLOOR_ALTERNATIVES.into_iter().zip([
        "instead of all header fields `proxy_get_header_map_value`: the first `authorization`",
        "instead `proxy_get_property`: `request.headers.authorization`, joined with commas",
    ]) {
        row(what, name, FLOOR_ENTRY);
    }
    row(
        "`proxy_on_context_create` and `proxy_on_delete`, which do nothing",
        FLOOR_CONTEXTS,
        FLOOR_WARM,
    );
    row(
        "`verify_signature`, RS256 with 2048 bits",
        FLOOR_COLD,
        FLOOR_WARM,
    );
    row(
        "*this filter* above the floor, token remembered",
        WARM,
        FLOOR_WARM,
    );
    row(
        "*this filter* above the floor, every token verified",
        COLD,
        FLOOR_COLD,
    );
    for what in REFUSALS {
        let floor = refused(refusal_floor(what), what);
        let title = format!("*this filter* above the floor, {what}");
        row(&title, &refused(WARM, what), &floor);
    }
    text.push_str(ABOVE_FLOOR);
    text
}

const FLOOR: &str = "\
## The floor

The floor modules (`bench/src/floor.rs`) are a few instructions of WebAssembly each: they make the host calls that the task needs,
one more from one to the next, and use nothing of what they get. No filter that makes these calls can cost less, however it is
written and in whatever language.

| step | CPU µs |
| --- | --- |
";

const ABOVE_FLOOR: &str = "
Why these calls. All header fields, because asking for one gives the first of that name only, and a second `Authorization` must not
get past. The route's metadata for each request, because any route may name a policy of its own. The clock, because a remembered
token must die on time. `verify_signature` is given the key as DER and prepares it anew for each call, which `jwt_authn` does once
for each key. The floor is without request contexts, but a filter made with the SDK has them: by no other way does a module learn
which plugin a request belongs to when several share a virtual machine.

";

fn filters(report: &Report) -> String {
    let mut text = String::from(
        "## Each by itself\n\n![CPU time per request of each case](benchmarks/filters.svg)\n\n\
         | case | CPU µs per request (quartiles) | above no filter | requests/s | p50 µs | p99 µs |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    let none = cpu_times(&report.filters, NONE).map_or(f64::NAN, |none| Spread::of(none).median);
    for measured in &report.filters {
        let cpu = Spread::of(&measured.cpu_us);
        let median = |values: &[f64]| Spread::of(values).median.round() as usize;
        let _never_fails = writeln!(
            text,
            "| {} | {:.1} ({:.1}–{:.1}) | {:.1} | {} | {} | {} |",
            measured.name,
            cpu.median,
            cpu.lower,
            cpu.upper,
            cpu.median - none,
            grouped(median(&measured.per_second)),
            grouped(median(&measured.p50_us)),
            grouped(median(&measured.p99_us)),
        );
    }
    text.push('\n');
    text
}

fn commands(commands: &[Timed]) -> String {
    let mut text = String::from(
        "## The command line\n\n\
         Milliseconds from start to exit, median of 31 runs, quartiles in brackets.\n\n\
         | command | ms | aim |\n| --- | --- | --- |\n",
    );
    for timed in commands {
        let _never_fails = writeln!(
            text,
            "| {} | {:.1} ({:.1}–{:.1}) | ≤ {:.0} |",
            timed.what, timed.ms.median, timed.ms.lower, timed.ms.upper, timed.at_most
        );
    }
    text
}

fn section(curve: &Curve) -> String {
    let mut text = format!(
        "## {}\n\n![{}](benchmarks/{}.svg)\n\n| {} |",
        curve.title, curve.y, curve.id, curve.x
    );
    let points = curve.lines.first().map_or(&[][..], |line| &line.points);
    for point in points {
        let _never_fails = write!(text, " {} |", grouped(point.x));
    }
    text.push_str("\n| --- |");
    text.push_str(&" --- |".repeat(points.len()));
    for line in &curve.lines {
        let _never_fails = write!(text, "\n| {}, {} |", line.name, curve.y);
        for point in &line.points {
            let _never_fails = write!(text, " {:.1} |", Spread::of(&point.values).median);
        }
    }
    text.push_str("\n\n");
    let note = match curve.id {
        "tokens" => {
            "Tokens in an order without pattern, signed with HS256, as long as the others; caches large enough for all of them.\n\n"
        }
        "rules" => "Rules with different path prefixes; the token is remembered.\n\n",
        "memory" => {
            "The whole Envoy process. `token_cache.max_bytes` bounds this filter's share in each worker; here it is 512 MiB, by default 4 MiB.\n\n"
        }
        _ => "",
    };
    text.push_str(note);
    text
}
