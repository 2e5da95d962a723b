//! Dollars as pictures: SVG that needs nothing else. Its texts do not shrink with the screen, as all widths are shares.

use std::fmt::Write as _;

use jiff::civil::Date;

use crate::{commands::page::escape, ledger::Sum};

/// Days that have a label each.
const LABELLED: usize = 7;
/// Days that are drawn: as many as the ledger has.
const DAYS: usize = 36;
/// Heights, in pixels: of the highest bar, and of what is above and below the bars of days.
const HIGHEST: f64 = 120.0;
const ABOVE: f64 = 20.0;
const BELOW: f64 = 22.0;
/// Height of a group with its name, in pixels.
const GROUP: usize = 44;

/// Each day, also those without any, the latest last.
fn without_holes(days: &[(String, Sum)]) -> Vec<(String, Sum)> {
    let date = |it: Option<&(String, Sum)>| it?.0.parse::<Date>().ok();
    let (Some(first), Some(last)) = (date(days.first()), date(days.last())) else {
        return days.to_vec();
    };
    let mut all: Vec<(String, Sum)> = first
        .series(jiff::Span::new().days(1))
        .take_while(|it| *it <= last)
        .map(|it| {
            let name = it.to_string();
            let sum = days.iter().find(|(day, _)| *day == name);
            let sum = sum.map_or_else(Sum::default, |(_, sum)| sum.clone());
            (name, sum)
        })
        .collect();
    all.split_off(all.len().saturating_sub(DAYS))
}

fn highest<'a>(sums: impl Iterator<Item = &'a Sum>) -> f64 {
    sums.map(|it| it.dollars).fold(0.0, f64::max)
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// A bar for each day.
pub(super) fn by_day(out: &mut String, days: &[(String, Sum)]) {
    let days = without_holes(days);
    if days.is_empty() {
        return;
    }
    let most = highest(days.iter().map(|(_, sum)| sum));
    let step = 100.0 / number(days.len()).max(4.0);
    let height = ABOVE + HIGHEST + BELOW;
    let _ = writeln!(
        out,
        "<h2>Dollars by day</h2>\n<svg role=\"img\" aria-label=\"Dollars by day\" width=\"100%\" height=\"{height}\">"
    );
    let bottom = ABOVE + HIGHEST;
    for (place, (day, sum)) in days.iter().enumerate() {
        let left = step * number(place);
        let bar = share(sum.dollars, most) * HIGHEST;
        let _ = writeln!(
            out,
            "<rect class=\"bar\" x=\"{left:.2}%\" y=\"{:.1}\" width=\"{:.2}%\" height=\"{bar:.1}\"><title>{}: {} \
             investigations, ${:.2}</title></rect>",
            bottom - bar,
            step * 0.8,
            escape(day),
            sum.count,
            sum.dollars
        );
        let is_named = days.len() <= LABELLED || place == 0 || place + 1 == days.len();
        let is_last = days.len() > LABELLED && place > 0;
        let (x, anchor) = if is_last {
            (left + step * 0.8, "end")
        } else {
            (left, "start")
        };
        if is_named {
            let day = day.get(5..).unwrap_or(day);
            let _ = writeln!(
                out,
                "<text x=\"{x:.2}%\" y=\"{:.0}\" text-anchor=\"{anchor}\">{}</text>",
                bottom + 16.0,
                escape(day)
            );
        }
        let is_most = days.len() <= LABELLED || (sum.dollars - most).abs() < f64::EPSILON;
        if is_most && sum.dollars > 0.0 {
            let is_right = days.len() > LABELLED && place * 2 > days.len();
            let (x, anchor) = if is_right {
                (left + step * 0.8, "end")
            } else {
                (left, "start")
            };
            let _ = writeln!(
                out,
                "<text x=\"{x:.2}%\" y=\"{:.1}\" text-anchor=\"{anchor}\">${:.2}</text>",
                bottom - bar - 5.0,
                sum.dollars
            );
        }
    }
    let _ = writeln!(
        out,
        "<line class=\"axis\" x1=\"0\" x2=\"100%\" y1=\"{bottom}\" y2=\"{bottom}\"/></svg>"
    );
}

/// A bar for each group, the dearest first.
pub(super) fn by_group(out: &mut String, groups: &[(String, Sum)]) {
    if groups.is_empty() {
        return;
    }
    let most = highest(groups.iter().map(|(_, sum)| sum));
    let _ = writeln!(
        out,
        "<h2>The groups that cost most</h2>\n<svg role=\"img\" aria-label=\"Dollars by group\" width=\"100%\" \
         height=\"{}\">",
        groups.len() * GROUP
    );
    for (place, (name, sum)) in groups.iter().enumerate() {
        let top = place * GROUP;
        let facts = format!("${:.2} for {}", sum.dollars, sum.count);
        let _ = writeln!(
            out,
            "<text x=\"0\" y=\"{}\">{} <tspan class=\"quiet\">{}</tspan></text>",
            top + 15,
            escape(&facts),
            escape(name)
        );
        let _ = writeln!(
            out,
            "<rect class=\"bar\" x=\"0\" y=\"{}\" width=\"{:.2}%\" height=\"12\"><title>{}: {}</title></rect>",
            top + 21,
            share(sum.dollars, most) * 100.0,
            escape(name),
            escape(&facts)
        );
    }
    out.push_str("</svg>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(dollars: f64) -> Sum {
        Sum {
            count: 1,
            seconds: 1,
            dollars,
            ..Sum::default()
        }
    }

    #[test]
    fn days_without_investigations_are_drawn_too() {
        let days = [
            ("2026-02-27".to_owned(), sum(1.0)),
            ("2026-03-02".to_owned(), sum(2.0)),
        ];
        let all = without_holes(&days);
        let names: Vec<&str> = all.iter().map(|(day, _)| day.as_str()).collect();
        assert_eq!(
            names,
            ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]
        );
        let mut out = String::new();
        by_day(&mut out, &days);
        assert_eq!(out.matches("<rect").count(), 4);
        for height in ["height=\"60.0\"", "height=\"120.0\"", "height=\"0.0\""] {
            assert!(out.contains(height), "{height}: {out}");
        }
    }

    #[test]
    fn nothing_costs_nothing() {
        let mut out = String::new();
        by_group(&mut out, &[("a<b".to_owned(), sum(0.0))]);
        assert!(out.contains("a&lt;b"), "{out}");
        assert!(out.contains("width=\"0.00%\""), "{out}");
        out.clear();
        by_day(&mut out, &[]);
        assert_eq!(out, "");
    }
}
