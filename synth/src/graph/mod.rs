//! What an account file leads to, as a picture: sources, rules, functions, queues, the agent.

mod mermaid;
mod model;
mod svg;

pub use mermaid::mermaid;
pub use model::{Edge, Flow, Graph, Node, Role, graph};
pub use svg::svg;
