//! TLS of the HTTP listener.

use std::{fmt, io};

use futures_util::future::BoxFuture;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

/// TLS handshakes of connections that the server accepts.
pub trait TlsAcceptor: fmt::Debug + Send + Sync + 'static {
    /// Completes the handshake of a connection.
    fn accept(&self, stream: TcpStream) -> BoxFuture<'_, io::Result<Box<dyn Stream>>>;
}

/// A connection after its TLS handshake, which reads and writes plaintext.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}
