//! Pictures that need no program to draw them. The colours are readable on white and on black.

use std::fmt::Write as _;

use crate::curves::Curve;
use crate::filters::{COLD, JWT_AUTHN, WARM};
use crate::rounds::Measured;
use crate::statistics::Spread;

const WIDTH: f64 = 760.0;

/// Of text and axes.
const INK: &str = "#808a96";

const FONT: &str = "font-family=\"system-ui, sans-serif\" font-size=\"13\"";

/// Ours in blue, Envoy's own in orange, everything else in grey.
fn colour(name: &str) -> &'static str {
    if name.starts_with(WARM) {
        "#3d8bfd"
    } else if name.starts_with(JWT_AUTHN) {
        "#e8793a"
    } else {
        "#8b949e"
    }
}

fn dashes(name: &str) -> &'static str {
    if name == COLD || name == JWT_AUTHN {
        " stroke-dasharray=\"6 4\""
    } else {
        ""
    }
}

/// CPU time of each case as a bar, with a line from the lower to the upper quartile of all rounds.
pub(super) fn bars(filters: &[Measured]) -> String {
    const LEFT: f64 = 330.0;
    const ROW: f64 = 26.0;
    let spreads: Vec<Spread> = filters
        .iter()
        .map(|measured| Spread::of(&measured.cpu_us))
        .collect();
    let most = spreads
        .iter()
        .map(|spread| spread.upper)
        .fold(1.0, f64::max);
    let scale = (WIDTH - LEFT - 60.0) / most;
    let mut body = String::new();
    for (row, (measured, spread)) in filters.iter().zip(&spreads).enumerate() {
        let y = 34.0 + ROW * row as f64;
        let end = LEFT + spread.median * scale;
        let (lower, upper) = (LEFT + spread.lower * scale, LEFT + spread.upper * scale);
        let middle = y + 9.0;
        let _never_fails = writeln!(
            body,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{LEFT}\" y=\"{y}\" width=\"{:.1}\" height=\"18\" rx=\"2\" fill=\"{}\"/>\
             <path d=\"M{lower:.1} {middle}H{upper:.1}\" stroke=\"{INK}\" stroke-width=\"2\"/>\
             <text x=\"{:.1}\" y=\"{:.0}\">{:.0}</text>",
            LEFT - 8.0,
            y + 14.0,
            measured.name,
            end - LEFT,
            colour(&measured.name),
            upper.max(end) + 6.0,
            y + 14.0,
            spread.median,
        );
    }
    picture(
        "CPU µs per request in Envoy's worker",
        44.0 + ROW * filters.len() as f64,
        &body,
    )
}

/// Lines over a logarithmic axis that begins at what comes first.
pub(super) fn curve(curve: &Curve) -> String {
    const LEFT: f64 = 60.0;
    const TOP: f64 = 40.0;
    const RIGHT: f64 = 20.0;
    const FLOOR: f64 = 280.0;
    let points = || curve.lines.iter().flat_map(|line| &line.points);
    let medians = points().map(|point| Spread::of(&point.values).median);
    let top = ceiling(medians.fold(1.0, f64::max));
    // Zero has no logarithm; one step before one is far enough from it.
    let log = |x: usize| (x.max(1) as f64).log10();
    let first = points().map(|point| log(point.x)).fold(f64::MAX, f64::min);
    let last = points().map(|point| log(point.x)).fold(0.0, f64::max);
    let across = (WIDTH - LEFT - RIGHT) / (last - first).max(f64::MIN_POSITIVE);
    let place = |x: usize, y: f64| {
        (
            LEFT + (log(x) - first) * across,
            FLOOR - y / top * (FLOOR - TOP),
        )
    };
    let mut body = String::new();
    for step in 0..=4_u8 {
        let value = top * f64::from(step) / 4.0;
        let (_, y) = place(1, value);
        let _never_fails = writeln!(
            body,
            "<path d=\"M{LEFT} {y:.1}H{:.0}\" stroke=\"{INK}\" stroke-opacity=\"0.3\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{value:.0}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            y + 4.0,
        );
    }
    if let Some(line) = curve.lines.first() {
        for (number, point) in line.points.iter().enumerate() {
            let (x, _) = place(point.x, 0.0);
            let anchor = if number + 1 == line.points.len() {
                "end"
            } else {
                "middle"
            };
            let _never_fails = writeln!(
                body,
                "<text x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"{anchor}\">{}</text>",
                FLOOR + 20.0,
                grouped(point.x),
            );
        }
    }
    for (number, line) in curve.lines.iter().enumerate() {
        let (colour, dashes) = (colour(&line.name), dashes(&line.name));
        let mut path = String::new();
        for point in &line.points {
            let (x, y) = place(point.x, Spread::of(&point.values).median);
            let command = if path.is_empty() { 'M' } else { 'L' };
            let _never_fails = write!(path, "{command}{x:.1} {y:.1}");
            let _never_fails = write!(
                body,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>"
            );
        }
        let legend = FLOOR + 64.0 + 20.0 * number as f64;
        let _never_fails = writeln!(
            body,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/>\n\
             <path d=\"M{LEFT} {:.0}h28\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/>\
             <text x=\"{:.0}\" y=\"{legend:.0}\">{}</text>",
            legend - 4.0,
            LEFT + 36.0,
            line.name,
        );
    }
    let _never_fails = writeln!(
        body,
        "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
        LEFT + (WIDTH - LEFT - RIGHT) / 2.0,
        FLOOR + 40.0,
        curve.x,
    );
    let height = FLOOR + 60.0 + 20.0 * curve.lines.len() as f64;
    picture(&format!("{}: {}", curve.title, curve.y), height, &body)
}

fn picture(title: &str, height: f64, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" {FONT} fill=\"{INK}\" role=\"img\">\n<title>{title}</title>\n\
         <text x=\"8\" y=\"20\" font-weight=\"600\">{title}</text>\n{body}</svg>\n"
    )
}

/// The next round number that can be divided by four.
fn ceiling(value: f64) -> f64 {
    let magnitude = 10_f64.powf(value.log10().floor());
    [1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 6.0, 8.0, 10.0]
        .into_iter()
        .map(|step| step * magnitude)
        .find(|candidate| *candidate >= value)
        .unwrap_or(value)
}

/// A number with its thousands set apart.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filters::JWT_AUTHN_CACHE;

    #[test]
    fn the_axis_ends_above_every_value() {
        for value in [1.0, 3.3, 9.9, 41.0, 99.0, 183.0, 640.0] {
            let top = ceiling(value);
            assert!(top >= value && top < value * 2.6, "{value}: {top}");
        }
        assert_eq!(colour(JWT_AUTHN_CACHE), colour(JWT_AUTHN));
        assert_eq!(grouped(100_000), "100\u{202f}000");
    }
}
