//! The picture as SVG, in columns from left to right. It needs no script, font or file beside it.

use std::fmt::Write as _;

use super::{Edge, Flow, Graph, Node, Role};

/// What stands in each column. Those from the fourth on are rows of one block: the ledger above, delivery below it, and
/// what could not be handed on below that.
const COLUMNS: [&[Role]; 6] = [
    &[Role::Source],
    &[Role::Watch],
    &[Role::Function],
    &[Role::Queue],
    &[Role::Ledger, Role::Delivery, Role::DeadLetters],
    &[Role::Receiver],
];
const BLOCK: usize = 3;
/// All in pixels.
const GAP_X: usize = 52;
const GAP_Y: usize = 20;
const MARGIN: usize = 28;
const HEADER: usize = 40;
const TITLE: usize = 22;
const LINE: usize = 16;
const PADDING: usize = 10;
/// How wide a box is, as its names are long.
const NARROWEST: usize = 132;
const WIDEST: usize = 320;

/// A node, and where it is drawn.
struct Box<'a> {
    node: &'a Node,
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

/// The picture as an SVG document.
pub fn svg(graph: &Graph) -> String {
    let boxes = layout(graph);
    let right = boxes.iter().map(|it| it.x + it.width).max();
    let header = text_width(&graph.title, true).max(text_width(&graph.place, false));
    let width = MARGIN + right.unwrap_or_default().max(MARGIN + header);
    let bottom = boxes.iter().map(|it| it.y + it.height).max();
    let height = MARGIN + bottom.unwrap_or(HEADER);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n"
    );
    let (title, place) = (escape(&graph.title), escape(&graph.place));
    let _ = writeln!(
        text,
        "<title>What the account file {title} leads to</title>"
    );
    text.push_str(
        "<defs><marker id=\"end\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto-start-reverse\"><path d=\"M0 0 8 4 0 8z\" fill=\"#57606a\"/></marker></defs>\n",
    );
    let _ = writeln!(
        text,
        "<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#ffffff\"/>"
    );
    let _ = writeln!(
        text,
        "<text x=\"{MARGIN}\" y=\"{MARGIN}\" font-weight=\"600\" fill=\"#1f2328\">{title}</text>\n<text x=\"{MARGIN}\" y=\"{}\" fill=\"#57606a\">{place}</text>",
        MARGIN + LINE
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
    let mut rows: Vec<usize> = Vec::new();
    for (index, node) in block.iter().flat_map(|column| column.iter().enumerate()) {
        let row = row(node.role, index);
        rows.resize(rows.len().max(row + 1), 0);
        rows[row] = rows[row].max(height(node));
    }
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
        let top = MARGIN + HEADER + (tallest - tall(&slots)) / 2;
        let width = column.iter().map(|node| width(node)).max();
        let width = width.unwrap_or_default();
        for (place, node) in column.iter().enumerate() {
            let slot = if index < BLOCK {
                place
            } else {
                row(node.role, place)
            };
            let above = slots.iter().take(slot).map(|it| it + GAP_Y);
            let height = height(node);
            boxes.push(Box {
                node,
                x,
                y: top + above.sum::<usize>() + (slots[slot] - height) / 2,
                width,
                height,
            });
        }
        x += width + GAP_X;
    }
    boxes
}

/// In which row of the block a node stands; `index` is its place in its column.
fn row(role: Role, index: usize) -> usize {
    match role {
        Role::Ledger => 0,
        Role::Queue | Role::Delivery => 1,
        Role::DeadLetters => 2,
        Role::Source | Role::Watch | Role::Function | Role::Receiver => 1 + index,
    }
}

/// How wide the box of a node is: its names fit, or are cut where they are longer than any box.
fn width(node: &Node) -> usize {
    let lines = node.lines.iter().map(|it| text_width(it, false));
    let text = lines.chain([text_width(&node.title, true)]).max();
    (2 * PADDING + text.unwrap_or_default()).clamp(NARROWEST, WIDEST)
}

/// The width of a text in the widest of the usual fonts, at least.
fn text_width(text: &str, is_bold: bool) -> usize {
    let tenths: usize = text.chars().map(tenths).sum();
    if is_bold {
        tenths * 9 / 80
    } else {
        tenths / 10
    }
}

/// The width of a character, in tenths of a pixel.
fn tenths(c: char) -> usize {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 40,
        'f' | 'r' | 't' | '(' | ')' | '-' | '/' | ' ' => 52,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 120,
        'A'..='Z' => 95,
        c if c.is_ascii() => 77,
        _ => 130,
    }
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
        let x = from.x + from.width / 2;
        if from.y < to.y {
            format!("M{x} {} V{}", from.y + from.height, to.y - 2)
        } else {
            format!("M{x} {} V{}", from.y, to.y + to.height + 2)
        }
    } else {
        // The bend lies before the next column, so that no line runs behind a box.
        let (x1, y1, x2, y2) = (from.x + from.width, middle(from), to.x - 2, middle(to));
        let bend = (x1 + GAP_X - 10).min(x2 - 8);
        let half = x1 + GAP_X / 2;
        format!("M{x1} {y1} C{half} {y1} {half} {y2} {bend} {y2} H{x2}")
    };
    format!(
        "<path d=\"{path}\" fill=\"none\" stroke=\"#57606a\" stroke-width=\"1.4\"{dashes} marker-end=\"url(#end)\"/>\n"
    )
}

fn draw(it: &Box<'_>) -> String {
    let Box {
        node,
        x,
        y,
        width,
        height,
    } = it;
    let (fill, stroke) = match node.role {
        Role::Source => ("#fff8e6", "#c48a00"),
        Role::Watch => ("#f3f0ff", "#7048c8"),
        Role::Function | Role::Delivery => ("#e9f5ff", "#1a6fb5"),
        Role::Queue | Role::Ledger | Role::DeadLetters => ("#eafaf0", "#1f8a4c"),
        Role::Receiver => ("#fdeef2", "#b8325c"),
    };
    let mut text = format!(
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{fill}\" stroke=\"{stroke}\"/>\n"
    );
    let middle = x + width / 2;
    let room = width - 2 * PADDING;
    let mut baseline = y + PADDING + 12;
    let _ = writeln!(
        text,
        "<text x=\"{middle}\" y=\"{baseline}\" text-anchor=\"middle\" font-weight=\"600\" fill=\"#1f2328\">{}</text>",
        shown(&node.title, true, room)
    );
    baseline += 2;
    for line in &node.lines {
        baseline += LINE;
        let _ = writeln!(
            text,
            "<text x=\"{middle}\" y=\"{baseline}\" text-anchor=\"middle\" fill=\"#57606a\">{}</text>",
            shown(line, false, room)
        );
    }
    text
}

/// What fits of a text into so many pixels.
fn shown(text: &str, is_bold: bool, room: usize) -> String {
    if text_width(text, is_bold) <= room {
        return escape(text);
    }
    let mut start: String = text.to_owned();
    while start.pop().is_some() && text_width(&format!("{start}…"), is_bold) > room {}
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

    fn node(role: Role, title: &str, lines: &[&str]) -> Node {
        Node {
            id: title.to_owned(),
            role,
            title: title.to_owned(),
            lines: lines.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    #[test]
    fn names_are_never_markup_and_are_cut_at_the_widest_box() {
        assert_eq!(
            shown("<script>&\"x\"", false, WIDEST),
            "&lt;script&gt;&amp;&quot;x&quot;"
        );
        let long = "ü".repeat(60);
        let cut = shown(&long, false, WIDEST - 2 * PADDING);
        assert!(cut.ends_with("ü…"), "{cut}");
        assert!(text_width(&cut, false) <= WIDEST - 2 * PADDING);
    }

    #[test]
    fn a_box_is_as_wide_as_its_longest_name() {
        let long = "checkout-api-age-of-oldest-message";
        let graph = Graph {
            nodes: vec![
                node(Role::Watch, "2 alarms", &["short", long]),
                node(Role::Watch, "rule", &[]),
                node(Role::Function, "alarm", &["function"]),
            ],
            ..Graph::default()
        };
        let boxes = layout(&graph);
        let [alarms, rule, function] = boxes.as_slice() else {
            panic!("three boxes");
        };
        assert_eq!(alarms.width, text_width(long, false) + 2 * PADDING);
        assert_eq!((rule.width, function.width), (alarms.width, NARROWEST));
        assert_eq!(function.x, alarms.x + alarms.width + GAP_X);
        assert!(svg(&graph).contains(&format!(">{long}</text>")));
    }

    #[test]
    fn the_ledger_stands_above_what_sends_and_dead_letters_below() {
        let graph = Graph {
            nodes: vec![
                node(Role::Queue, "incidents", &[]),
                node(Role::Ledger, "ledger", &["a", "b"]),
                node(Role::Delivery, "deliver", &[]),
                node(Role::DeadLetters, "dead letters", &[]),
                node(Role::Receiver, "agent", &[]),
                node(Role::Receiver, "people", &[]),
            ],
            ..Graph::default()
        };
        let boxes = layout(&graph);
        let y = |id: &str| boxes.iter().find(|it| it.node.id == id).unwrap().y;
        assert!(y("ledger") < y("deliver") && y("deliver") < y("dead letters"));
        assert_eq!((y("incidents"), y("agent")), (y("deliver"), y("deliver")));
        assert_eq!(y("people"), y("dead letters"));
    }
}
