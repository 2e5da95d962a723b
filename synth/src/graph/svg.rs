//! The picture as SVG, in columns from left to right. It needs no script, font or file beside it.

use std::fmt::Write as _;

use super::{Edge, Flow, Graph, Node, Role};

/// What stands in each column. Those from the fourth on are rows of one block: delivery above,
/// what was given up below.
const COLUMNS: [&[Role]; 6] = [
    &[Role::Source],
    &[Role::Watch],
    &[Role::Function],
    &[Role::Queue],
    &[Role::Delivery, Role::DeadLetters],
    &[Role::Receiver],
];
const BLOCK: usize = 3;
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
/// The same, in bold type.
const BOLD_CHARACTERS: usize = 22;

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
    let width = MARGIN
        + boxes
            .iter()
            .map(|it| it.x + WIDTH)
            .max()
            .unwrap_or_default();
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

/// Columns that have nothing in them are left out; the others are centred on the tallest.
fn layout(graph: &Graph) -> Vec<Box<'_>> {
    let columns: Vec<Vec<&Node>> = COLUMNS
        .iter()
        .map(|roles| {
            let nodes = graph.nodes.iter();
            nodes.filter(|node| roles.contains(&node.role)).collect()
        })
        .collect();
    let (free, block) = columns.split_at(BLOCK.min(columns.len()));
    // The rows of the block are as high as their highest box.
    let count = block.iter().map(Vec::len).max().unwrap_or_default();
    let rows: Vec<usize> = (0..count)
        .map(|row| {
            let boxes = block.iter().filter_map(|column| column.get(row));
            boxes.map(|node| height(node)).max().unwrap_or_default()
        })
        .collect();
    let heights = |column: &[&Node]| column.iter().map(|node| height(node)).collect::<Vec<_>>();
    let tall =
        |heights: &[usize]| heights.iter().sum::<usize>() + GAP_Y * heights.len().saturating_sub(1);
    let tallest = free
        .iter()
        .map(|column| tall(&heights(column)))
        .chain([tall(&rows)])
        .max()
        .unwrap_or_default();
    let mut boxes = Vec::new();
    let mut x = MARGIN;
    for (index, column) in columns.iter().enumerate().filter(|(_, it)| !it.is_empty()) {
        let slots = if index < BLOCK {
            heights(column)
        } else {
            rows.clone()
        };
        let mut y = MARGIN + (tallest - tall(&slots)) / 2;
        for (node, slot) in column.iter().zip(slots) {
            let height = height(node);
            boxes.push(Box {
                node,
                x,
                y: y + (slot - height) / 2,
                height,
            });
            y += slot + GAP_Y;
        }
        x += WIDTH + GAP_X;
    }
    boxes
}

fn height(node: &Node) -> usize {
    2 * PADDING + TITLE + LINE * node.lines.len() - 4
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
    let path = if from.x == to.x {
        let x = from.x + WIDTH / 2;
        format!("M{x} {} V{}", from.y + from.height, to.y - 2)
    } else {
        // The bend lies before the next column, so that no line runs behind a box.
        let (x1, y1, x2, y2) = (from.x + WIDTH, middle(from), to.x - 2, middle(to));
        let bend = (x1 + GAP_X - 10).min(x2 - 8);
        let half = x1 + GAP_X / 2;
        format!("M{x1} {y1} C{half} {y1} {half} {y2} {bend} {y2} H{x2}")
    };
    format!(
        "<path d=\"{path}\" fill=\"none\" stroke=\"#57606a\" stroke-width=\"1.4\"{dashes} marker-end=\"url(#end)\"/>\n"
    )
}

fn draw(it: &Box<'_>) -> String {
    let Box { node, x, y, height } = it;
    let (fill, stroke) = match node.role {
        Role::Source => ("#fff8e6", "#c48a00"),
        Role::Watch => ("#f3f0ff", "#7048c8"),
        Role::Function | Role::Delivery => ("#e9f5ff", "#1a6fb5"),
        Role::Queue | Role::DeadLetters => ("#eafaf0", "#1f8a4c"),
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
        shown(&node.title, BOLD_CHARACTERS)
    );
    baseline += 2;
    for line in &node.lines {
        baseline += LINE;
        let _ = writeln!(
            text,
            "<text x=\"{middle}\" y=\"{baseline}\" text-anchor=\"middle\" fill=\"#57606a\">{}</text>",
            shown(line, CHARACTERS)
        );
    }
    text
}

/// What fits of a text.
fn shown(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return escape(text);
    }
    let start: String = text.chars().take(characters - 1).collect();
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
        assert_eq!(
            shown("<script>&\"x\"", 24),
            "&lt;script&gt;&amp;&quot;x&quot;"
        );
        assert_eq!(shown(&"ü".repeat(30), 24), format!("{}…", "ü".repeat(23)));
    }
}
