mod documents;
mod names;
mod texts;
