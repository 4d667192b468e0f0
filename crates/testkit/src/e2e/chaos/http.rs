//! Faults between a client and a server of HTTP/1.1.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, sink};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::Fault;
use super::plan::Shared;

/// The pieces that bodies are passed on in, and how long each waits where it is slow.
const PIECE: u64 = 64 * 1024;
const LATE: Duration = Duration::from_millis(40);

/// How much of a message is passed on before the connection is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    /// All, and it is not cut.
    Whole,
    Half,
    Nothing,
}

/// What becomes of a request and its answer.
struct Fate {
    request: Share,
    answer: Share,
    late: Duration,
}

impl Fate {
    const fn of(request: Share, answer: Share) -> Self {
        Self { request, answer, late: Duration::ZERO }
    }
}

/// One end: what comes from it, and what goes to it.
struct End {
    from: BufReader<OwnedReadHalf>,
    to: OwnedWriteHalf,
}

impl End {
    fn of(socket: TcpStream) -> Self {
        let (from, to) = socket.into_split();
        Self { from: BufReader::new(from), to }
    }
}

/// Passes on one request after the other, until an end or a fault.
pub(super) async fn talk(client: TcpStream, server: TcpStream, shared: &Shared) -> io::Result<()> {
    let (mut client, mut server) = (End::of(client), End::of(server));
    while let Some(request) = Head::read(&mut client.from).await? {
        let fate = match shared.befalls(request.first_line()) {
            None => Fate::of(Share::Whole, Share::Whole),
            Some(Fault::Slow) => Fate { late: LATE, ..Fate::of(Share::Whole, Share::Whole) },
            Some(Fault::CutRequest) => Fate::of(Share::Half, Share::Nothing),
            Some(Fault::CutAnswer) => Fate::of(Share::Whole, Share::Half),
            Some(Fault::LoseAnswer) => Fate::of(Share::Whole, Share::Nothing),
            Some(Fault::Gone) => return Ok(()),
            Some(Fault::Hang) => {
                // Until the client has had enough.
                tokio::io::copy(&mut client.from, &mut sink()).await?;
                return Ok(());
            }
            Some(Fault::Refuse(status, code)) => {
                refuse(&mut client, &request, status, code).await?;
                continue;
            }
        };
        if !exchange(&mut client, &mut server, &request, &fate).await? {
            return Ok(());
        }
    }
    Ok(())
}

async fn refuse(client: &mut End, request: &Head, status: u16, code: &str) -> io::Result<()> {
    pass_body(&mut client.from, &mut sink(), request.body(), Share::Whole, Duration::ZERO).await?;
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>");
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} No\r\nContent-Type: application/xml\r\nContent-Length: {length}\r\n\r\n");
    client.to.write_all(head.as_bytes()).await?;
    if request.first_line().starts_with(b"HEAD ") {
        return Ok(());
    }
    client.to.write_all(body.as_bytes()).await
}

/// Passes on a request and its answer, as far as its fate lets them; false when the connection has to be cut.
async fn exchange(client: &mut End, server: &mut End, request: &Head, fate: &Fate) -> io::Result<bool> {
    let headless = request.first_line().starts_with(b"HEAD ");
    let whole = AtomicBool::new(false);
    let sending = async {
        pass_message(&mut client.from, &mut server.to, request, request.body(), fate.request, fate.late)
            .await?;
        if fate.request == Share::Whole {
            whole.store(true, Ordering::Relaxed);
            return std::future::pending().await;
        }
        Ok(false)
    };
    let answering = async {
        loop {
            let Some(answer) = Head::read(&mut server.from).await? else { return Ok(false) };
            let status = answer.status();
            if (100..200).contains(&status) {
                client.to.write_all(&answer.0).await?;
                continue;
            }
            let body = if headless || matches!(status, 204 | 304) { Body::Length(0) } else { answer.body() };
            pass_message(&mut server.from, &mut client.to, &answer, body, fate.answer, fate.late).await?;
            return Ok(fate.answer == Share::Whole && !matches!(body, Body::ToTheEnd));
        }
    };
    tokio::select! {
        outcome = sending => outcome,
        // An answer that comes before the request's end is a refusal, and the rest is not wanted.
        outcome = answering => outcome.map(|goes_on| goes_on && whole.load(Ordering::Relaxed)),
    }
}

async fn pass_message(
    from: &mut BufReader<OwnedReadHalf>,
    to: &mut OwnedWriteHalf,
    head: &Head,
    body: Body,
    share: Share,
    late: Duration,
) -> io::Result<()> {
    match share {
        Share::Nothing => return Ok(()),
        Share::Half if matches!(body, Body::Length(0)) => {
            return to.write_all(&head.0[..head.0.len() / 2]).await;
        }
        Share::Half | Share::Whole => to.write_all(&head.0).await?,
    }
    pass_body(from, to, body, share, late).await
}

async fn pass_body(
    from: &mut BufReader<OwnedReadHalf>,
    to: &mut (impl tokio::io::AsyncWrite + Unpin),
    body: Body,
    share: Share,
    late: Duration,
) -> io::Result<()> {
    match (body, share) {
        (_, Share::Nothing) => Ok(()),
        (Body::Length(length), Share::Whole) => pass_bytes(from, to, length, late).await,
        (Body::Length(length), Share::Half) => pass_bytes(from, to, length / 2, late).await,
        (Body::ToTheEnd, _) => pass_bytes(from, to, u64::MAX, late).await,
        (Body::Chunked, _) => loop {
            let mut line = Vec::new();
            from.read_until(b'\n', &mut line).await?;
            to.write_all(&line).await?;
            let text = String::from_utf8_lossy(&line);
            let size = text.trim().split(';').next().unwrap_or_default();
            let size = u64::from_str_radix(size, 16).map_err(io::Error::other)?;
            if share == Share::Half {
                return pass_bytes(from, to, size / 2, late).await;
            }
            // A last chunk and no trailers; every chunk ends with a line.
            pass_bytes(from, to, size + 2, late).await?;
            if size == 0 {
                return Ok(());
            }
        },
    }
}

async fn pass_bytes(
    from: &mut BufReader<OwnedReadHalf>,
    to: &mut (impl tokio::io::AsyncWrite + Unpin),
    length: u64,
    late: Duration,
) -> io::Result<()> {
    let mut left = length;
    while left > 0 {
        if !late.is_zero() {
            tokio::time::sleep(late).await;
        }
        let passed = tokio::io::copy(&mut (&mut *from).take(left.min(PIECE)), to).await?;
        if passed == 0 {
            return if length == u64::MAX { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        left -= passed;
    }
    Ok(())
}

/// Where a body ends.
#[derive(Clone, Copy)]
enum Body {
    Length(u64),
    Chunked,
    ToTheEnd,
}

/// A head as it came, up to and with the empty line.
struct Head(Vec<u8>);

impl Head {
    async fn read(from: &mut BufReader<OwnedReadHalf>) -> io::Result<Option<Self>> {
        let mut head = Vec::new();
        loop {
            let before = head.len();
            if from.read_until(b'\n', &mut head).await? == 0 {
                return Ok(None);
            }
            if head[before..] == *b"\r\n" {
                return Ok(Some(Self(head)));
            }
        }
    }

    fn first_line(&self) -> &[u8] {
        self.0.split(|byte| *byte == b'\r').next().unwrap_or_default()
    }

    fn status(&self) -> u16 {
        let line = String::from_utf8_lossy(self.first_line());
        line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    fn field(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.0);
        text.lines().skip(1).find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim().to_ascii_lowercase())
        })
    }

    /// Of a request, or of an answer that may have one.
    fn body(&self) -> Body {
        if self.field("transfer-encoding").is_some_and(|codings| codings.contains("chunked")) {
            return Body::Chunked;
        }
        match self.field("content-length").and_then(|length| length.parse().ok()) {
            Some(length) => Body::Length(length),
            None if self.0.starts_with(b"HTTP/") => Body::ToTheEnd,
            None => Body::Length(0),
        }
    }
}
