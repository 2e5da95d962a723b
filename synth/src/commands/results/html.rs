//! What the agent found, as one page that needs nothing else: no script, no font, no image.

use std::fmt::Write as _;

use contract::AgentSpace;
use jiff::Timestamp;
use runtime::ledger::minutes;

use super::chart;
use crate::{
    commands::page::escape,
    ledger::{Became, Results, Row, Sum, Totals, count, day_and_time},
};

const STYLE: &str = ":root{--ink:#1b1f24;--paper:#fff;--line:#d9dee3;--quiet:#57606a;--bar:#2f6f9f;--link:#0b5cad;\
--agent:#f3f5f7}\
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--line:#30363d;--quiet:#9aa4ae;--bar:#58a6d6;\
--link:#79b8ff;--agent:#161b22}}\
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:var(--ink);\
background:var(--paper);overflow-wrap:anywhere}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}a{color:var(--link);white-space:nowrap}\
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid var(--line);padding:.35rem .5rem;\
text-align:left;vertical-align:top}.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\
small,.quiet{color:var(--quiet)}svg{overflow:hidden;font-size:13px}svg text{fill:var(--ink)}\
svg .quiet{fill:var(--quiet)}.bar{fill:var(--bar)}.axis{stroke:var(--line)}\
blockquote{background:var(--agent);border-left:4px solid var(--line);margin:.35rem 0 0;padding:.35rem .6rem}\
blockquote p{margin:.2rem 0}.sums{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:0 2rem}\
@media(max-width:44rem){.rows thead{display:none}.rows tr{display:block;border-bottom:1px solid var(--line);\
padding:.5rem 0}.rows td{display:block;border:0;padding:.1rem 0;text-align:left}}";

/// Nothing but its own style may be loaded, whatever stands in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The page of an account, with the results of each region.
pub(super) fn page(
    account: &str,
    regions: &[(String, Results)],
    space: Option<&AgentSpace>,
    since: Timestamp,
    now: Timestamp,
) -> String {
    let account = escape(account);
    let time = |it: Timestamp| it.strftime("%Y-%m-%d %H:%M").to_string();
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Investigations of {account}</title>\
         <style>{STYLE}</style></head><body>\n<h1>Investigations of {account}</h1>\n\
         <p class=\"quiet\">{} to {} UTC. Shaded texts are what the agent wrote: conclusions of a language model, to be \
         examined. Dollars are seconds of executions at the agent's price, not the bill.</p>\n",
        time(since),
        time(now)
    );
    let totals = Totals::of(regions.iter().flat_map(|(_, it)| &it.rows));
    summary(&mut out, &totals);
    chart::by_day(&mut out, &totals.days);
    chart::by_group(&mut out, &totals.groups);
    out.push_str("<div class=\"sums\">\n");
    for (title, all) in [
        ("By source", &totals.sources),
        ("By rule", &totals.rules),
        ("By service", &totals.services),
    ] {
        sums(&mut out, title, all);
    }
    out.push_str("</div>\n");
    for (region, results) in regions {
        let _ = writeln!(out, "<h2>{}</h2>", escape(region));
        if results.unknown > 0 {
            let _ = writeln!(
                out,
                "<p class=\"quiet\">Reports that were sent, and no task of the agent is known: {}</p>",
                results.unknown
            );
        }
        if results.rows.is_empty() {
            out.push_str("<p>No investigations.</p>\n");
            continue;
        }
        out.push_str(
            "<table class=\"rows\"><thead><tr><th>Sent, UTC</th><th>What became of it</th><th>Report</th>\
             <th class=\"n\">Minutes</th><th class=\"n\">Dollars</th></tr></thead><tbody>\n",
        );
        for it in &results.rows {
            row(&mut out, it, space);
        }
        out.push_str("</tbody></table>\n");
    }
    out.push_str("</body></html>\n");
    out
}

fn summary(out: &mut String, totals: &Totals) {
    let all = totals.all.said("investigation", "");
    let became = totals.became.iter().map(|(it, count)| it.counted(*count));
    let became: Vec<String> = became.collect();
    let _ = writeln!(
        out,
        "<p><strong>{all}</strong><br>{}</p>",
        escape(&became.join(", "))
    );
}

fn sums(out: &mut String, title: &str, all: &[(String, Sum)]) {
    if all.is_empty() {
        return;
    }
    let _ = writeln!(out, "<section><h2>{title}</h2>\n<table><tbody>");
    for (name, sum) in all {
        let _ = writeln!(
            out,
            "<tr><td>{} <small>({})</small></td><td class=\"n\">${:.2}</td></tr>",
            escape(name),
            sum.count,
            sum.dollars
        );
    }
    out.push_str("</tbody></table></section>\n");
}

fn row(out: &mut String, row: &Row, space: Option<&AgentSpace>) {
    let links = [
        ("investigation", space.and_then(|it| it.app(&row.task))),
        ("console", space.and_then(|it| it.console(&row.task))),
    ];
    let links = links.into_iter().filter_map(|(name, link)| {
        let link = escape(&link?);
        Some(format!("<a rel=\"noreferrer\" href=\"{link}\">{name}</a>"))
    });
    let links: Vec<String> = links.collect();
    let mut ids = format!("{}<br>task {}", escape(&row.incident), escape(&row.task));
    if let Some(primary) = &row.primary {
        let _ = write!(ids, "<br>linked to {}", escape(primary));
    }
    let so_far = if row.became == Became::Open {
        " so far"
    } else {
        ""
    };
    let rule = row.rule.as_ref().map(|it| format!(", rule {it}"));
    let _ = writeln!(
        out,
        "<tr><td class=\"n\">{}</td><td>{}<br>{}</td><td>{} <small>{}, {}{}, {}</small><br><small>{ids}</small>{}</td>\
         <td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
        day_and_time(row.at),
        escape(&row.word()),
        links.join(" "),
        escape(&row.group),
        row.priority.map_or("", contract::Priority::as_str),
        escape(&row.source),
        escape(&rule.unwrap_or_default()),
        count(row.incidents, "incident"),
        of_the_agent(row),
        row.seconds.map_or(String::new(), |it| minutes(it) + so_far),
        row.dollars
            .map_or(String::new(), |it| format!("${it:.2}{so_far}")),
    );
}

/// What the agent wrote, and nobody else.
fn of_the_agent(row: &Row) -> String {
    let mut texts: Vec<String> = Vec::new();
    if let Some(verdict) = &row.verdict {
        texts.push(format!("<strong>{}</strong>", escape(verdict)));
    }
    let reason = row.reason.iter().filter(|_| row.became != Became::Linked);
    let more = reason
        .chain(Some(&row.paragraph))
        .filter(|it| !it.is_empty());
    texts.extend(more.map(|it| escape(it)));
    texts.extend(row.gaps.iter().map(|(gap, is_access)| {
        let what = if *is_access { "no access" } else { "gap" };
        format!("{what}: {}", escape(gap))
    }));
    if texts.is_empty() {
        return String::new();
    }
    let texts: String = texts.iter().fold(String::new(), |mut out, it| {
        let _ = write!(out, "<p>{it}</p>");
        out
    });
    format!("<blockquote><small>the agent:</small>{texts}</blockquote>")
}

#[cfg(test)]
mod tests {
    use runtime::ledger::Status;

    use super::*;

    const FORGED: &str = "</p><script>alert(1)</script><img src=x onerror='alert(1)'>";

    fn row() -> Row {
        Row {
            at: "2026-01-02T12:00:00Z".parse().unwrap(),
            incident: "ecs-1".to_owned(),
            task: "d93e984e-836b".to_owned(),
            primary: Some(FORGED.to_owned()),
            group: format!("ECS service {FORGED}"),
            group_key: "group#service-1".to_owned(),
            priority: Some(contract::Priority::High),
            incidents: 3,
            source: FORGED.to_owned(),
            rule: Some(FORGED.to_owned()),
            service: FORGED.to_owned(),
            status: Status::Other(FORGED.to_owned()),
            became: Became::RootCause,
            seconds: Some(192),
            dollars: Some(1.59),
            lacks_cost: false,
            lacks_details: false,
            plan: None,
            verdict: Some(FORGED.to_owned()),
            paragraph: FORGED.to_owned(),
            reason: Some(FORGED.to_owned()),
            gaps: vec![(FORGED.to_owned(), true)],
            skills: Vec::new(),
        }
    }

    fn page_with(space: Option<&AgentSpace>) -> String {
        let results = Results::of_rows(vec![row(), row()]);
        let at = "2026-01-02T13:00:00Z".parse().unwrap();
        page(
            "prod<",
            &[("eu-central-1".to_owned(), results)],
            space,
            at,
            at,
        )
    }

    #[test]
    fn the_page_runs_nothing_and_links_only_to_the_agent() {
        let space = AgentSpace {
            id: "8f6187a7-0388".to_owned(),
            region: "us-east-1".to_owned(),
        };
        let page = page_with(Some(&space));
        for unwanted in ["<script", "<img", "http://", "prod<", "url("] {
            assert!(!page.contains(unwanted), "{unwanted}");
        }
        let links: Vec<&str> = page.split("href=\"").skip(1).collect();
        assert_eq!(links.len(), 4);
        for link in links {
            let is_agent = link.starts_with(
                "https://8f6187a7-0388.aidevops.global.app.aws/investigation/d93e984e-836b\"",
            );
            let is_console = link.starts_with(
                "https://us-east-1.console.aws.amazon.com/aidevops/home?region=us-east-1#/",
            );
            assert!(is_agent || is_console, "{link}");
        }
        assert_eq!(page.matches("https://").count(), 4);
        for wanted in [
            "2 investigations, 6.4 minutes, $3.18",
            "2 found a root cause",
            "the agent:",
            "no access: &lt;/p&gt;",
        ] {
            assert!(page.contains(wanted), "{wanted}\n{page}");
        }
        assert_eq!(page.matches("<svg").count(), 2);
    }

    #[test]
    fn without_a_space_there_are_no_links() {
        assert!(!page_with(None).contains("href"));
    }
}
