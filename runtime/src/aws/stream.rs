//! Answers that may be large, read as they arrive: what is not needed is never held.
//!
//! A page of instances has 5 to 280 kB for each of them, so no fixed limit on the size fits, and neither
//! does a deadline on the whole. What counts is whether anything still arrives.

use std::{
    fmt,
    io::{self, Read},
    time::Duration,
};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};
use tokio::{sync::mpsc, time::timeout};

use super::{CallError, MAX_ANSWER, Reason, Request, Service, refusal, transport};

/// For how long nothing may arrive: not the beginning of an answer, and no more of it.
const SILENCE: Duration = Duration::from_secs(15);
/// The largest page: a thousand nodes with all the addresses that a node can have.
const LARGEST: usize = 512 * 1_048_576;
/// Pieces of an answer that wait for the parser.
const WAITING: usize = 8;

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// About how many things the service says that it cannot say anything.
    pub errors: usize,
    /// The token of the next page.
    pub next: Option<String>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            errors: 0,
            next: None,
        }
    }
}

/// The body of an answer, as the parser reads it on a thread of its own.
pub(super) struct Body {
    pieces: mpsc::Receiver<Vec<u8>>,
    piece: Vec<u8>,
    read: usize,
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == self.piece.len() {
            let Some(piece) = self.pieces.blocking_recv() else {
                return Ok(0);
            };
            (self.piece, self.read) = (piece, 0);
        }
        let rest = &self.piece[self.read..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        Ok(count)
    }
}

impl Service {
    /// Sends a signed request once. `parse` reads the answer while it arrives; `None` is what it cannot read.
    pub(super) async fn stream<T: Send + 'static>(
        &self,
        operation: &'static str,
        headers: &[(&'static str, String)],
        body: &[u8],
        parse: impl FnOnce(Body) -> Option<T> + Send + 'static,
    ) -> Result<T, CallError> {
        self.streamed(headers, body, parse)
            .await
            .map_err(|reason| self.failed(operation, reason))
    }

    async fn streamed<T: Send + 'static>(
        &self,
        headers: &[(&'static str, String)],
        body: &[u8],
        parse: impl FnOnce(Body) -> Option<T> + Send + 'static,
    ) -> Result<T, Reason> {
        let request = self
            .signed(&Request::post(headers, body))
            .ok_or(Reason::NoAnswer("not signed"))?;
        let mut response = arrived(self.http.execute(request)).await?;
        let status = response.status().as_u16();
        if !(200..300).contains(&status) {
            let mut answer = Vec::new();
            while let Some(piece) = arrived(response.chunk()).await? {
                answer.extend_from_slice(&piece);
                if answer.len() > MAX_ANSWER {
                    return Err(Reason::Unreadable);
                }
            }
            return Err(refusal(status, &answer));
        }
        let (sender, pieces) = mpsc::channel(WAITING);
        let parsing = tokio::task::spawn_blocking(move || {
            parse(Body {
                pieces,
                piece: Vec::new(),
                read: 0,
            })
        });
        let mut size = 0;
        while let Some(piece) = arrived(response.chunk()).await? {
            size += piece.len();
            if size > LARGEST {
                return Err(Reason::Unreadable);
            }
            // A parser that has seen enough does not take more.
            if sender.send(piece.to_vec()).await.is_err() {
                break;
            }
        }
        drop(sender);
        parsing.await.ok().flatten().ok_or(Reason::Unreadable)
    }

    /// As [`Service::stream`], for a small answer of a service that speaks one of AWS's JSON protocols.
    pub(super) async fn stream_json(
        &self,
        target: &str,
        operation: &'static str,
        input: &Json,
    ) -> Result<Json, CallError> {
        let (_, answer) = self
            .json_page(target, operation, input, "", |_| None::<()>)
            .await?;
        Ok(Json::Object(answer))
    }

    /// As [`Service::stream`], for a page of a service that speaks one of AWS's JSON protocols. `keep` is what
    /// is kept of each item of the list called `items`; what else stands beside the list is returned with it.
    pub(super) async fn json_page<T: Send + 'static>(
        &self,
        target: &str,
        operation: &'static str,
        input: &Json,
        items: &'static str,
        keep: impl Fn(&Json) -> Option<T> + Send + 'static,
    ) -> Result<(Vec<T>, Map<String, Json>), CallError> {
        let headers = [
            ("content-type", "application/x-amz-json-1.0".to_owned()),
            ("x-amz-target", format!("{target}.{operation}")),
        ];
        let body = input.to_string().into_bytes();
        self.stream(operation, &headers, &body, move |answer| {
            json_items(io::BufReader::new(answer), items, keep)
        })
        .await
    }
}

/// What arrives before the service has been silent for too long.
async fn arrived<T>(
    receiving: impl Future<Output = Result<T, reqwest::Error>>,
) -> Result<T, Reason> {
    timeout(SILENCE, receiving)
        .await
        .map_err(|_| Reason::NoAnswer("silence"))?
        .map_err(|error| Reason::NoAnswer(transport(&error)))
}

/// Reads an object, of whose list called `items` only what `keep` makes of each item is held.
fn json_items<T>(
    answer: impl Read,
    items: &'static str,
    keep: impl Fn(&Json) -> Option<T>,
) -> Option<(Vec<T>, Map<String, Json>)> {
    let mut deserializer = serde_json::Deserializer::from_reader(answer);
    let object = Object { items, keep };
    let read = deserializer.deserialize_map(object).ok()?;
    deserializer.end().ok()?;
    Some(read)
}

struct Object<K> {
    items: &'static str,
    keep: K,
}

impl<'de, T, K: Fn(&Json) -> Option<T>> Visitor<'de> for Object<K> {
    type Value = (Vec<T>, Map<String, Json>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut kept, mut beside) = (Vec::new(), Map::new());
        while let Some(name) = map.next_key::<String>()? {
            if name == self.items {
                map.next_value_seed(List {
                    kept: &mut kept,
                    keep: &self.keep,
                })?;
            } else {
                beside.insert(name, map.next_value()?);
            }
        }
        Ok((kept, beside))
    }
}

struct List<'a, T, K> {
    kept: &'a mut Vec<T>,
    keep: &'a K,
}

impl<'de, T, K: Fn(&Json) -> Option<T>> DeserializeSeed<'de> for List<'_, T, K> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T, K: Fn(&Json) -> Option<T>> Visitor<'de> for List<'_, T, K> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(item) = list.next_element::<Json>()? {
            self.kept.extend((self.keep)(&item));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_list_only_what_is_kept_is_held() {
        let answer = br#"{"errors":[{"code":"x"}],"items":[{"id":1,"more":[{}]},{"id":"no"},{"id":3}],"nextToken":"t"}"#;
        let (items, beside) = json_items(&answer[..], "items", |item| item["id"].as_u64()).unwrap();
        assert_eq!(items, [1, 3]);
        assert_eq!(
            json!(beside),
            json!({ "errors": [{ "code": "x" }], "nextToken": "t" })
        );
        let (items, _) = json_items(&b"{\"items\":null}"[..], "items", Json::as_u64).unwrap();
        assert!(items.is_empty());
    }

    /// What breaks off is no page: it would look like one with less on it.
    #[test]
    fn a_part_of_an_answer_is_no_answer() {
        let answer = br#"{"items":[1,2,3],"nextToken":"t"}"#;
        for length in 0..answer.len() {
            assert_eq!(
                json_items(&answer[..length], "items", Json::as_u64),
                None,
                "{length}"
            );
        }
        assert_eq!(json_items(&b"[]"[..], "items", Json::as_u64), None);
        assert_eq!(json_items(&b"{} {}"[..], "items", Json::as_u64), None);
    }
}
