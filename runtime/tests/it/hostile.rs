//! A receiver that does with each connection what a script says, on a raw socket.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

/// What is done with a connection. It is closed after the last step.
#[derive(Clone)]
pub(crate) enum Step {
    /// Reads a request to its end.
    Read,
    /// Reads at most so many bytes.
    ReadBytes(usize),
    /// Sends bytes.
    Send(Vec<u8>),
    /// Answers 200 with a body that is made of the request.
    Echo(Arc<dyn Fn(&Request) -> String + Send + Sync>),
    /// Sends the same bytes so many times.
    Repeat(Vec<u8>, usize),
    /// Sends bytes one by one, so slowly that no single wait is long.
    Drip(Vec<u8>),
    /// Neither reads nor sends any more.
    Hang,
    /// Breaks the connection, and whatever was sent and not read yet with it.
    Reset,
    /// Does something elsewhere.
    Then(Arc<dyn Fn() + Send + Sync>),
}

pub(crate) type Script = Vec<Step>;

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) line: String,
    /// By names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What has arrived.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    /// Those whose TLS handshake came to an end.
    pub(crate) handshakes: usize,
    pub(crate) requests: Vec<Request>,
}

/// A receiver that listens on loopback until it is dropped.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    scheme: &'static str,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

/// The answer of the agent to what it takes.
pub(crate) const CONFIRMED: &str = r#"{"message":"Webhook received"}"#;

/// An answer with a body.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let headers: String = headers
        .iter()
        .map(|(name, value)| [name, ": ", value, "\r\n"].concat())
        .collect();
    let length = body.len();
    format!("HTTP/1.1 {status} Status\r\n{headers}content-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// Reads a request and answers it.
pub(crate) fn answers(status: u16, headers: &[(&str, &str)], body: &str) -> Script {
    vec![Step::Read, Step::Send(answer(status, headers, body))]
}

/// Takes what it is sent, as the agent does.
pub(crate) fn confirms() -> Script {
    answers(200, &[], CONFIRMED)
}

/// Answers that are 800 MB long, endless, and a compressed text without end; `finished` is what comes
/// after all of that was taken.
pub(crate) fn large(finished: &Step) -> [Script; 3] {
    let mebibyte = vec![b' '; 1 << 20];
    let chunk = [&b"100000\r\n"[..], &mebibyte, b"\r\n"].concat();
    let (bomb, more) = gzip_bomb();
    [
        ("content-length: 838860800\r\n\r\n", vec![], mebibyte, 800),
        ("transfer-encoding: chunked\r\n\r\n", vec![], chunk, 1 << 20),
        ("content-encoding: gzip\r\n\r\n", bomb, more, 1 << 20),
    ]
    .map(|(headers, begin, piece, times)| {
        let head = format!("HTTP/1.1 200 OK\r\n{headers}").into_bytes();
        vec![
            Step::Read,
            Step::Send([head, begin].concat()),
            Step::Repeat(piece, times),
            finished.clone(),
        ]
    })
}

/// The beginning of a gzip stream, and what can follow any number of times: each byte of it stands for
/// 158. Source: RFC 1952; RFC 1951, section 3.2.6.
fn gzip_bomb() -> (Vec<u8>, Vec<u8>) {
    // A block of fixed codes that is not the last: a space, and "the same again, 258 times".
    let (block, space, again) = ("010", "01010000", "1100010100000");
    let bits = [block, space, &again.repeat(80_001)].concat();
    let byte = |bits: &[u8]| {
        let bits = bits.iter().rev();
        bits.fold(0, |byte, bit| byte << 1 | (bit - b'0'))
    };
    let mut bytes: Vec<u8> = bits.as_bytes().chunks_exact(8).map(byte).collect();
    // Thirteen bytes are eight codes, so the stream goes on where it began.
    let mut more = bytes.split_off(2);
    more.truncate(13 * 10_000);
    let head = b"\x1f\x8b\x08\0\0\0\0\0\0\x03";
    ([head, bytes.as_slice()].concat(), more)
}

impl Receiver {
    /// Plays a script for each connection; the last one for all that follow.
    pub(crate) async fn plain(scripts: impl IntoIterator<Item = Script>) -> Self {
        Self::listen("http", None, scripts).await
    }

    /// The same after a TLS handshake.
    pub(crate) async fn tls(
        config: ServerConfig,
        scripts: impl IntoIterator<Item = Script>,
    ) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::listen("https", Some(acceptor), scripts).await
    }

    /// Plays scripts where a TLS handshake is expected.
    pub(crate) async fn instead_of_tls(scripts: impl IntoIterator<Item = Script>) -> Self {
        Self::listen("https", None, scripts).await
    }

    async fn listen(
        scheme: &'static str,
        tls: Option<TlsAcceptor>,
        scripts: impl IntoIterator<Item = Script>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let scripts: Vec<Script> = scripts.into_iter().collect();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            // Dropped with this task, and every connection with it.
            let mut connections = JoinSet::new();
            for number in 0.. {
                let Ok((stream, _)) = listener.accept().await else {
                    break;
                };
                lock(&shared).connections += 1;
                let script = scripts[number.min(scripts.len() - 1)].clone();
                let (tls, seen) = (tls.clone(), Arc::clone(&shared));
                connections.spawn(async move { serve(stream, tls, &script, &seen).await });
            }
        });
        Self {
            address,
            scheme,
            seen,
            task,
        }
    }

    /// Where it listens, for any path.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen().requests.clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(it, _)| it == name)?;
        Some(value)
    }

    /// The incident that it carries.
    pub(crate) fn incident(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        body["incidentId"].as_str().unwrap().to_owned()
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap()
}

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, script: &[Step], seen: &Mutex<Seen>) {
    let Some(tls) = tls else {
        let mut stream = stream;
        if play(&mut stream, script, seen).await == End::Reset {
            drop(stream.set_zero_linger());
        }
        return;
    };
    let Ok(mut stream) = tls.accept(stream).await else {
        return;
    };
    lock(seen).handshakes += 1;
    if play(&mut stream, script, seen).await == End::Reset {
        drop(stream.get_ref().0.set_zero_linger());
    }
}

#[derive(PartialEq, Eq)]
enum End {
    Close,
    Reset,
}

/// Does what the script says, until the other end does not play along any more.
async fn play<S>(stream: &mut S, script: &[Step], seen: &Mutex<Seen>) -> End
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    for step in script {
        let done = match step {
            Step::Read => read(stream).await.map(|it| lock(seen).requests.push(it)),
            Step::ReadBytes(most) => stream.read(&mut vec![0; *most]).await.ok().map(drop),
            Step::Send(bytes) => stream.write_all(bytes).await.ok(),
            Step::Echo(body) => {
                let body = lock(seen).requests.last().map(|it| body(it)).unwrap();
                stream.write_all(&answer(200, &[], &body)).await.ok()
            }
            Step::Repeat(bytes, times) => repeat(stream, bytes, *times).await,
            Step::Drip(bytes) => drip(stream, bytes).await,
            Step::Hang => std::future::pending().await,
            Step::Reset => return End::Reset,
            Step::Then(act) => {
                act();
                Some(())
            }
        };
        if done.is_none() {
            break;
        }
        drop(stream.flush().await);
    }
    drop(stream.shutdown().await);
    End::Close
}

async fn repeat<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8], times: usize) -> Option<()> {
    for _ in 0..times {
        stream.write_all(bytes).await.ok()?;
    }
    Some(())
}

async fn drip<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> Option<()> {
    for byte in bytes {
        stream.write_all(&[*byte]).await.ok()?;
        stream.flush().await.ok()?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Some(())
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let mut body = bytes.split_off(end + 4);
    let head = String::from_utf8(bytes).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let line = lines.next()?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|it| it.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let request = Request {
        line,
        headers,
        body: Vec::new(),
    };
    let length: usize = request.header("content-length")?.parse().unwrap();
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { body, ..request })
}
