//! The picture in Mermaid's language, which code hosts and wikis draw.

use std::fmt::Write as _;

use super::{Flow, Graph, Role};

/// The picture as a Mermaid flowchart.
pub fn mermaid(graph: &Graph) -> String {
    // A quoted text, which is nothing but a text in YAML, too.
    let title = escape(&format!("{}: {}", graph.title, graph.place));
    let mut text = format!("---\ntitle: \"{title}\"\n---\nflowchart LR\n");
    for node in &graph.nodes {
        let mut label = escape(&node.title);
        for line in &node.lines {
            let _ = write!(label, "<br/>{}", escape(line));
        }
        let (open, close) = match node.role {
            Role::Source => ("([", "])"),
            Role::Watch | Role::Function | Role::Delivery => ("[", "]"),
            Role::Queue | Role::DeadLetters => ("[/", "/]"),
            Role::Ledger => ("[(", ")]"),
            Role::Receiver => ("[[", "]]"),
        };
        let _ = writeln!(text, "  {}{open}\"{label}\"{close}", node.id);
    }
    for edge in &graph.edges {
        let arrow = match edge.flow {
            Flow::Signal => "-->",
            Flow::Failure => "-.->",
        };
        let _ = writeln!(text, "  {} {arrow} {}", edge.from, edge.to);
    }
    text
}

/// Names come from account files: nothing of them is Mermaid's language.
fn escape(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' | '\\' | '#' | '<' | '>' | '&' | ';' | '`' => format!("#{};", u32::from(c)),
            c if c.is_control() => " ".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Node;

    #[test]
    fn names_are_never_language() {
        let graph = Graph {
            title: "x\\\"".to_owned(),
            place: "account 1".to_owned(),
            nodes: vec![Node {
                id: "a".to_owned(),
                role: Role::Watch,
                title: "\"] --> b<script>".to_owned(),
                lines: vec!["x;y".to_owned()],
            }],
            edges: Vec::new(),
        };
        assert_eq!(
            mermaid(&graph),
            "---\ntitle: \"x#92;#34;: account 1\"\n---\nflowchart LR\n  a[\"#34;] --#62; b#60;script#62;<br/>x#59;y\"]\n"
        );
    }
}
