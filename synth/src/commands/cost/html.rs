//! What was found, as one page that needs nothing else: no script, no font, no image.

use std::fmt::Write as _;

use runtime::cost::{Finding, Sums, price_of_metrics, summary};

use super::Found;
use crate::commands::page::escape;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;\
color:#1b1f24;background:#fff}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}\
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #d9dee3;padding:.35rem .5rem;\
text-align:left;vertical-align:top}td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\
.gaps{background:#fff4e0;border-left:4px solid #b45f06;padding:.5rem 1rem}.bar{background:#2f6f9f;height:.8rem;\
min-width:1px}.chart td{border:0;padding:.15rem .5rem}.chart td:nth-child(2){width:60%}small{color:#57606a}\
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}td,th{border-color:#30363d}\
.gaps{background:#2d2110}small{color:#8b949e}}";

/// The page.
pub fn page(found: &Found) -> String {
    let evaluation = &found.evaluation;
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>Cost report of {account}, {date}</title><style>{STYLE}</style></head><body>\n\
         <h1>Cost report of account {account}, {date}</h1>\n",
        account = escape(&found.account),
        date = escape(&found.date),
    );
    if !evaluation.is_complete() {
        out.push_str("<div class=\"gaps\"><strong>Not everything could be read</strong><ul>\n");
        for reason in evaluation.reasons() {
            let _ = writeln!(out, "<li>{}</li>", escape(&reason));
        }
        out.push_str("</ul></div>\n");
    }
    let _ = writeln!(
        out,
        "<p>{} in {}</p>",
        escape(&summary(evaluation)),
        escape(&found.regions.join(", "))
    );
    let kinds = evaluation.sums().into_iter();
    chart(
        &mut out,
        "Savings in a month, by kind",
        kinds.map(|(kind, sums)| (kind.name().to_owned(), sums)),
    );
    let owners = evaluation.sums_by(|it| it.owner.clone());
    let name = |it: Option<String>| it.unwrap_or_else(|| "owner not known".to_owned());
    chart(
        &mut out,
        "Savings in a month, by owner",
        owners.into_iter().map(|(owner, sums)| (name(owner), sums)),
    );
    out.push_str(
        "<h2>Findings</h2>\n<table><thead><tr><th>Saves in a month</th><th>What to do</th><th>Resource</th>\
         <th>Owner</th><th>Evidence</th></tr></thead><tbody>\n",
    );
    for finding in &evaluation.findings {
        row(&mut out, finding);
    }
    out.push_str("</tbody></table>\n<h2>The rest</h2>\n<table><tbody>\n");
    let mut fact = |what: &str, count: String| {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td class=\"n\">{}</td></tr>",
            escape(what),
            escape(&count)
        );
    };
    fact("instances in use", evaluation.in_use.to_string());
    for (why, count) in &evaluation.unknown {
        fact(&format!("unknown: {why}"), count.to_string());
    }
    for (why, count) in &evaluation.excluded {
        fact(&format!("excluded: {why}"), count.to_string());
    }
    for (why, count) in &evaluation.dropped {
        fact(&format!("recommendations {why}"), count.to_string());
    }
    if let (count @ 1.., sums) = &evaluation.purchases {
        fact(
            &format!("purchases that AWS recommends: {count}"),
            sums.to_string(),
        );
    }
    let metrics = evaluation.metrics;
    let price = format!("{:.4} USD", price_of_metrics(metrics));
    fact(
        &format!(
            "price of this report: {metrics} metrics, {} calls",
            evaluation.calls
        ),
        price,
    );
    out.push_str("</tbody></table>\n</body></html>\n");
    out
}

/// Bars of the amounts, the largest first. Those of another currency are not compared: they stand as text.
fn chart(out: &mut String, title: &str, rows: impl Iterator<Item = (String, (usize, Sums))>) {
    let mut rows: Vec<(String, usize, Sums)> =
        rows.map(|(name, (n, sums))| (name, n, sums)).collect();
    if rows.is_empty() {
        return;
    }
    rows.sort_by(|a, b| b.2.largest().total_cmp(&a.2.largest()).then(a.0.cmp(&b.0)));
    let highest = rows.first().map_or(0.0, |(_, _, sums)| sums.largest());
    let _ = writeln!(
        out,
        "<h2>{}</h2>\n<table class=\"chart\"><tbody>",
        escape(title)
    );
    for (name, count, sums) in rows {
        let share = if highest > 0.0 {
            sums.largest() / highest * 100.0
        } else {
            0.0
        };
        let _ = writeln!(
            out,
            "<tr><td>{} <small>({count})</small></td><td><div class=\"bar\" style=\"width:{share:.1}%\"></div></td>\
             <td>{}</td></tr>",
            escape(&name),
            escape(&sums.to_string())
        );
    }
    out.push_str("</tbody></table>\n");
}

fn row(out: &mut String, finding: &Finding) {
    let amount = finding.amount.as_ref();
    let amount = amount.map_or("not known".to_owned(), |it| {
        format!("{:.2} {}", it.value, it.currency)
    });
    let discounts = finding
        .amount
        .as_ref()
        .map_or("", |it| it.discounts.words());
    let what = match &finding.instead {
        Some(instead) => format!("{}: {instead}", finding.kind.name()),
        None => finding.kind.name().to_owned(),
    };
    let name = finding.name.as_deref().unwrap_or_default();
    let configuration = finding.configuration.as_deref().unwrap_or_default();
    let origins: Vec<&str> = finding.origins.iter().map(|it| it.name()).collect();
    let mut evidence = finding.evidence_in_words();
    evidence.push(format!("by {}", origins.join(" and ")));
    let _ = writeln!(
        out,
        "<tr><td class=\"n\">{}<br><small>{discounts}</small></td><td>{}</td><td>{} {}<br><small>{} {} {}</small></td>\
         <td>{}</td><td>{}</td></tr>",
        escape(&amount),
        escape(&what),
        escape(&finding.resource_type),
        escape(&finding.id),
        escape(name),
        escape(configuration),
        escape(&finding.region),
        escape(finding.owner.as_deref().unwrap_or_default()),
        escape(&evidence.join("; ")),
    );
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use contract::CostSettings;
    use jiff::Timestamp;
    use runtime::{
        aws::{
            compute_optimizer::{Choice, Saving, Savings, Sizing},
            ec2::{Instance, Tags},
        },
        cost::{Facts, Gap, RegionFacts, Settings, What, Why, evaluate},
    };

    use super::*;
    use crate::commands::cost::to_json;

    fn found() -> Found {
        let cost = CostSettings {
            owner_tags: vec!["owner".to_owned()],
            max_metrics: 1,
            ..CostSettings::default()
        };
        let settings = Settings::new(vec!["eu-central-1".to_owned()], cost).unwrap();
        let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let facts = Facts {
            regions: vec![RegionFacts {
                region: "eu-central-1".to_owned(),
                instances: vec![Instance {
                    id: "i-1".to_owned(),
                    instance_type: "m5.large".to_owned(),
                    state: "running".to_owned(),
                    tags: Tags(vec![
                        tag("Name", "<script>alert(1)</script>"),
                        tag("owner", "a&b"),
                    ]),
                    ..Instance::default()
                }],
                sizings: vec![Sizing {
                    arn: "arn:aws:ec2:eu-central-1:111122223333:instance/i-1".to_owned(),
                    finding: "OVER_PROVISIONED".to_owned(),
                    best: Some(Choice {
                        instance_type: "m5.small".to_owned(),
                        savings: Savings {
                            after_discounts: Some(Saving {
                                amount: 40.5,
                                currency: "USD".to_owned(),
                                percentage: None,
                            }),
                            before_discounts: None,
                        },
                        ..Choice::default()
                    }),
                    ..Sizing::default()
                }],
                ..RegionFacts::default()
            }],
            gaps: vec![Gap {
                what: What::Hub,
                why: Why::NotEnrolled,
                region: None,
            }],
            metrics: 1_000,
            ..Facts::default()
        };
        Found {
            account: "111122223333".to_owned(),
            date: "2026-11-26".to_owned(),
            regions: settings.regions.clone(),
            evaluation: evaluate(facts, &settings, Timestamp::UNIX_EPOCH),
            news: None,
        }
    }

    #[test]
    fn the_page_needs_nothing_else_and_runs_nothing() {
        let page = page(&found());
        for wanted in [
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "a&amp;b",
            "40.50 USD",
            "make smaller: m5.small",
            "1000 metrics",
            "0.0100 USD",
        ] {
            assert!(page.contains(wanted), "{wanted}\n{page}");
        }
        for unwanted in ["<script", "http://", "https://", "src="] {
            assert!(!page.contains(unwanted), "{unwanted}");
        }
        let gaps = page.find("this account has not opted in").unwrap();
        assert!(gaps < page.find("40.50 USD").unwrap());
        assert!(gaps < page.find("<h2>Findings").unwrap());
    }

    #[test]
    fn the_json_is_what_the_help_says() {
        let json = to_json(&found());
        let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
        let mut command = crate::cli::Cli::command();
        let cost = command.find_subcommand_mut("cost").unwrap();
        let help = cost.render_long_help().to_string();
        for key in keys {
            assert!(help.contains(key.as_str()), "{key} is not in the help");
        }
        let finding = json["findings"][0].as_object().unwrap();
        for key in finding.keys() {
            assert!(help.contains(key.as_str()), "{key} is not in the help");
        }
        assert_eq!(json["findings"][0]["amount"]["discounts"], "after");
        assert_eq!(json["gaps"][0]["region"], stacks::Json::Null);
        assert_eq!(json["complete"], false);
    }
}
