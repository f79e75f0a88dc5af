//! As much of HTTP/1.1 as a reader needs: GET on a connection that is kept, answers of known length or in chunks.

use std::io::ErrorKind;

use anyhow::{Context, Result, bail};
use tokio::net::TcpStream;

const READ_BYTES: usize = 16 << 10;

/// A connection, which is kept from one request to the next.
pub(crate) struct Connection {
    stream: TcpStream,
    host: String,
    /// What was received and not yet read, from `start` on.
    buffer: Vec<u8>,
    start: usize,
}

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    Length(usize),
    Chunks,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("connect")?;
        stream.set_nodelay(true).context("set up a connection")?;
        Ok(Self {
            stream,
            host: address.to_owned(),
            buffer: Vec::new(),
            start: 0,
        })
    }

    /// Asks, and reads the whole answer.
    pub(crate) async fn get(&mut self, target: &str) -> Result<Answer> {
        self.send(target).await?;
        let (status, framing) = self.head().await?;
        let mut body = Vec::new();
        match framing {
            Body::Length(length) => self.take(length, &mut body).await?,
            Body::Chunks => while self.chunk(&mut body).await? {},
        }
        Ok(Answer { status, body })
    }

    /// Asks for what does not end: the answer comes by `chunk`.
    pub(crate) async fn get_chunks(&mut self, target: &str) -> Result<()> {
        self.send(target).await?;
        match self.head().await? {
            (200, Body::Chunks) => Ok(()),
            (status, framing) => bail!("GET {target} was answered {status}, {framing:?}"),
        }
    }

    /// Appends the next chunk of a body; false at its end.
    pub(crate) async fn chunk(&mut self, body: &mut Vec<u8>) -> Result<bool> {
        let line = self.line().await?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16)
            .with_context(|| format!("{line:?} is no size of a chunk"))?;
        self.take(size, body).await?;
        if !self.line().await?.is_empty() {
            bail!("a chunk is longer than it said");
        }
        Ok(size > 0)
    }

    async fn send(&mut self, target: &str) -> Result<()> {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host);
        let mut rest = request.as_bytes();
        while !rest.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error).context("send a request"),
            }
        }
        Ok(())
    }

    async fn head(&mut self) -> Result<(u16, Body)> {
        let line = self.line().await?;
        let status = line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3));
        let status = status
            .and_then(|status| status.parse().ok())
            .with_context(|| format!("{line:?} is no status"))?;
        let mut framing = None;
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                let framing = framing.context("an answer does not say where it ends")?;
                return Ok((status, framing));
            }
            let Some((name, value)) = line.split_once(':') else {
                bail!("{line:?} is no header");
            };
            if name.eq_ignore_ascii_case("content-length") {
                let length = value.trim().parse().context("read a content-length")?;
                framing = Some(Body::Length(length));
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                framing = Some(Body::Chunks);
            }
        }
    }

    /// The next line, without its end.
    async fn line(&mut self) -> Result<String> {
        let mut looked = 0;
        loop {
            let unread = &self.buffer[self.start..];
            if let Some(at) = unread[looked..].windows(2).position(|two| two == b"\r\n") {
                let length = looked + at;
                let line = String::from_utf8_lossy(&unread[..length]).into_owned();
                self.start += length + 2;
                return Ok(line);
            }
            looked = unread.len().saturating_sub(1);
            self.fill().await?;
        }
    }

    /// Appends so many bytes to `body`.
    async fn take(&mut self, length: usize, body: &mut Vec<u8>) -> Result<()> {
        while self.buffer.len() - self.start < length {
            self.fill().await?;
        }
        let end = self.start + length;
        body.extend_from_slice(&self.buffer[self.start..end]);
        self.start = end;
        Ok(())
    }

    /// Receives more.
    async fn fill(&mut self) -> Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let held = self.buffer.len();
        self.buffer.resize(held + READ_BYTES, 0);
        let read = loop {
            self.stream.readable().await?;
            match self.stream.try_read(&mut self.buffer[held..]) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result => break result,
            }
        };
        self.buffer
            .truncate(held + read.as_ref().map_or(0, |read| *read));
        match read.context("receive")? {
            0 => bail!("the server closed the connection"),
            _ => Ok(()),
        }
    }
}
