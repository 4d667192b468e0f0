//! A server that answers as it is told: for faults, and to see what a client sends.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy, sink};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// A request as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `PUT`
    pub method: String,
    /// The path with the query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, as far as the server reads before it answers.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a field, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// What to do about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// An answer with these fields and this body.
    Whole {
        /// Its status.
        status: u16,
        /// Fields, beside `Content-Length`.
        headers: Vec<(&'static str, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// An answer whose body ends too early, and the connection with it.
    Cut {
        /// What `Content-Length` says.
        promised: usize,
        /// What comes.
        sent: Vec<u8>,
    },
    /// The beginning of an answer, and then nothing more, for ever.
    Stall {
        /// What `Content-Length` says.
        promised: usize,
        /// What comes.
        sent: Vec<u8>,
    },
    /// No answer at all, for ever.
    Hang,
    /// The connection ends without an answer.
    HangUp,
}

impl Answer {
    /// A status, and nothing else.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self::Whole { status, headers: Vec::new(), body: Vec::new() }
    }

    /// An answer with an `ETag`, as `PutObject` and `UploadPart` give one.
    #[must_use]
    pub fn stored() -> Self {
        Self::Whole { status: 200, headers: vec![("ETag", "\"tag\"".to_owned())], body: Vec::new() }
    }

    /// An answer of XML.
    #[must_use]
    pub fn xml(status: u16, xml: &str) -> Self {
        Self::Whole {
            status,
            headers: vec![("Content-Type", "application/xml".to_owned())],
            body: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{xml}").into_bytes(),
        }
    }

    /// An error as S3 words it.
    #[must_use]
    pub fn error(status: u16, code: &str) -> Self {
        Self::xml(status, &format!("<Error><Code>{code}</Code><Message>no</Message></Error>"))
    }
}

type Script = dyn Fn(&Request) -> Answer + Send + Sync;
type ReadLimit = dyn Fn(&Request) -> usize + Send + Sync;

/// What the operating system holds of a body that is not read: little, so that its sender notices.
const UNREAD: u32 = 64 * 1024;

struct Behaviour {
    read_limit: Box<ReadLimit>,
    script: Box<Script>,
}

/// A server that follows a script, on the runtime that it was started on. It stops when it is dropped.
pub struct ScriptedServer {
    endpoint: String,
    seen: Arc<Mutex<Vec<Request>>>,
    /// Ends with the server.
    _serving: JoinSet<()>,
}

impl ScriptedServer {
    /// Answers every request as the script says, once it has read it.
    pub async fn start(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> io::Result<Self> {
        Self::start_reading(|_| usize::MAX, script).await
    }

    /// The same, but it answers a request as soon as so many bytes of its body have come as `read_limit` makes of its head. The rest is
    /// read afterwards and not shown.
    #[expect(clippy::unused_async, reason = "its sockets and tasks need a runtime")]
    pub async fn start_reading(
        read_limit: impl Fn(&Request) -> usize + Send + Sync + 'static,
        script: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(UNREAD)?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let listener = socket.listen(1024)?;
        let behaviour = Behaviour { read_limit: Box::new(read_limit), script: Box::new(script) };
        let endpoint = format!("http://{}", listener.local_addr()?);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, Arc::new(behaviour), Arc::clone(&seen)));
        Ok(Self { endpoint, seen, _serving: serving })
    }

    /// `http://127.0.0.1:port`
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Every request so far, in the order of their ends.
    #[must_use]
    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl std::fmt::Debug for ScriptedServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptedServer").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

async fn accept(listener: TcpListener, behaviour: Arc<Behaviour>, seen: Arc<Mutex<Vec<Request>>>) {
    // Connections end with the server.
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let (behaviour, seen) = (Arc::clone(&behaviour), Arc::clone(&seen));
        connections.spawn(async move {
            // A connection that breaks is the client's to notice.
            drop(talk(socket, &behaviour, &seen).await);
        });
    }
}

async fn talk(socket: TcpStream, behaviour: &Behaviour, seen: &Mutex<Vec<Request>>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut socket = BufReader::new(socket);
    while let Some((request, unread)) = read(&mut socket, &*behaviour.read_limit).await? {
        let answer = (behaviour.script)(&request);
        let headless = request.method == "HEAD";
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let (status, headers, promised, sent, then) = match answer {
            Answer::Whole { status, headers, body } => (status, headers, body.len(), body, None),
            Answer::Cut { promised, sent } => (200, Vec::new(), promised, sent, Some(false)),
            Answer::Stall { promised, sent } => (200, Vec::new(), promised, sent, Some(true)),
            Answer::Hang => return std::future::pending().await,
            Answer::HangUp => return Ok(()),
        };
        let mut bytes = format!("HTTP/1.1 {status} Scripted\r\n").into_bytes();
        let given = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        for (name, value) in headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        if !given {
            bytes.extend_from_slice(format!("Content-Length: {promised}\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        if !headless {
            bytes.extend_from_slice(&sent);
        }
        socket.write_all(&bytes).await?;
        socket.flush().await?;
        match then {
            None => {
                copy(&mut (&mut socket).take(unread), &mut sink()).await?;
            }
            Some(false) => return Ok(()),
            Some(true) => return std::future::pending().await,
        }
    }
    Ok(())
}

/// A request, and how many bytes of its body are still to be read.
async fn read(
    socket: &mut BufReader<TcpStream>,
    read_limit: &ReadLimit,
) -> io::Result<Option<(Request, u64)>> {
    let mut line = String::new();
    if socket.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        line.clear();
        socket.read_line(&mut line).await?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let mut request = Request { method, target, headers, body: Vec::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let wanted = read_limit(&request).min(length);
    request.body = vec![0; wanted];
    socket.read_exact(&mut request.body).await?;
    Ok(Some((request, (length - wanted) as u64)))
}
