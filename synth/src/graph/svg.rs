//! The picture as SVG, in columns from left to right. It needs no script, font or file beside it.

use std::fmt::Write as _;

use super::{Edge, Flow, Graph, Node, Role};

const COLUMNS: [Role; 6] = [
    Role::Source,
    Role::Rule,
    Role::Function,
    Role::Queue,
    Role::Delivery,
    Role::Receiver,
];
/// All in pixels.
const WIDTH: usize = 168;
const GAP_X: usize = 52;
const GAP_Y: usize = 20;
const MARGIN: usize = 28;
const TITLE: usize = 22;
const LINE: usize = 16;
const PADDING: usize = 10;
/// What fits into a box, in characters.
const CHARACTERS: usize = 24;

/// A node, and where it is drawn.
struct Box<'a> {
    node: &'a Node,
    x: usize,
    y: usize,
    height: usize,
}

/// The picture as an SVG document.
pub fn svg(graph: &Graph) -> String {
    let boxes = layout(graph);
    let used = COLUMNS.iter().filter(|role| has(graph, **role)).count();
    let width = 2 * MARGIN + used * WIDTH + used.saturating_sub(1) * GAP_X;
    let height = MARGIN
        + boxes
            .iter()
            .map(|it| it.y + it.height)
            .max()
            .unwrap_or_default();
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n"
    );
    let _ = writeln!(
        text,
        "<title>What the account file {} leads to</title>",
        escape(&graph.title)
    );
    text.push_str(
        "<defs><marker id=\"end\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto-start-reverse\"><path d=\"M0 0 8 4 0 8z\" fill=\"#57606a\"/></marker></defs>\n",
    );
    let _ = writeln!(
        text,
        "<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#ffffff\"/>"
    );
    for edge in &graph.edges {
        text.push_str(&line(edge, &boxes));
    }
    for it in &boxes {
        text.push_str(&draw(it));
    }
    text.push_str("</svg>\n");
    text
}

fn has(graph: &Graph, role: Role) -> bool {
    graph.nodes.iter().any(|node| node.role == role)
}

/// Columns that have nothing in them are left out; the others are centred on the tallest.
fn layout(graph: &Graph) -> Vec<Box<'_>> {
    let height = |node: &Node| 2 * PADDING + TITLE + LINE * node.lines.len() - 4;
    let column = |role: Role| graph.nodes.iter().filter(move |node| node.role == role);
    let tall = |role: Role| {
        let heights: Vec<usize> = column(role).map(height).collect();
        heights.iter().sum::<usize>() + GAP_Y * heights.len().saturating_sub(1)
    };
    let tallest = COLUMNS.into_iter().map(tall).max().unwrap_or_default();
    let mut boxes = Vec::new();
    let mut x = MARGIN;
    for role in COLUMNS {
        if !has(graph, role) {
            continue;
        }
        let mut y = MARGIN + (tallest - tall(role)) / 2;
        for node in column(role) {
            let height = height(node);
            boxes.push(Box { node, x, y, height });
            y += height + GAP_Y;
        }
        x += WIDTH + GAP_X;
    }
    boxes
}

fn line(edge: &Edge, boxes: &[Box<'_>]) -> String {
    let find = |id: &str| boxes.iter().find(|it| it.node.id == id);
    let (Some(from), Some(to)) = (find(&edge.from), find(&edge.to)) else {
        return String::new();
    };
    let dashes = match edge.flow {
        Flow::Signal => "",
        Flow::Failure => " stroke-dasharray=\"4 4\" stroke-opacity=\"0.6\"",
    };
    let middle = |it: &Box<'_>| it.y + it.height / 2;
    let path = if from.x < to.x {
        let (x1, y1, x2, y2) = (from.x + WIDTH, middle(from), to.x - 2, middle(to));
        let bend = (x2 - x1) / 2;
        format!(
            "M{x1} {y1} C{} {y1} {} {y2} {x2} {y2}",
            x1 + bend,
            x2 - bend
        )
    } else {
        // Backwards, from below to the right side.
        let (x1, y1) = (from.x + WIDTH / 2, from.y + from.height);
        let (x2, y2) = (to.x + WIDTH + 2, middle(to));
        format!("M{x1} {y1} C{x1} {y2} {x1} {y2} {x2} {y2}")
    };
    format!(
        "<path d=\"{path}\" fill=\"none\" stroke=\"#57606a\" stroke-width=\"1.4\"{dashes} marker-end=\"url(#end)\"/>\n"
    )
}

fn draw(it: &Box<'_>) -> String {
    let Box { node, x, y, height } = it;
    let (fill, stroke) = match node.role {
        Role::Source => ("#fff8e6", "#c48a00"),
        Role::Rule => ("#f3f0ff", "#7048c8"),
        Role::Function | Role::Delivery => ("#e9f5ff", "#1a6fb5"),
        Role::Queue => ("#eafaf0", "#1f8a4c"),
        Role::Receiver => ("#fdeef2", "#b8325c"),
    };
    let mut text = format!(
        "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{height}\" rx=\"6\" fill=\"{fill}\" stroke=\"{stroke}\"/>\n"
    );
    let middle = x + WIDTH / 2;
    let mut baseline = y + PADDING + 12;
    let _ = writeln!(
        text,
        "<text x=\"{middle}\" y=\"{baseline}\" text-anchor=\"middle\" font-weight=\"600\" fill=\"#1f2328\">{}</text>",
        shown(&node.title)
    );
    baseline += 2;
    for line in &node.lines {
        baseline += LINE;
        let _ = writeln!(
            text,
            "<text x=\"{middle}\" y=\"{baseline}\" text-anchor=\"middle\" fill=\"#57606a\">{}</text>",
            shown(line)
        );
    }
    text
}

/// What fits of a text.
fn shown(text: &str) -> String {
    if text.chars().count() <= CHARACTERS {
        return escape(text);
    }
    let start: String = text.chars().take(CHARACTERS - 1).collect();
    escape(&format!("{start}…"))
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_never_markup_and_are_cut() {
        assert_eq!(shown("<script>&\"x\""), "&lt;script&gt;&amp;&quot;x&quot;");
        assert_eq!(shown(&"ü".repeat(30)), format!("{}…", "ü".repeat(23)));
    }
}
