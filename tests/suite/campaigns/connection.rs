//! A connection on which requests follow each other, which takes less time than a connection for each request.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
};

use crate::harness::HttpServer;

/// Status, body and kind of a response.
pub(super) struct Response {
    pub(super) status: u16,
    /// Empty for an event stream, which may never end.
    pub(super) body: Vec<u8>,
    pub(super) is_event_stream: bool,
}

pub(super) struct Connection<'s> {
    server: &'s HttpServer,
    stream: Option<BufReader<TcpStream>>,
}

impl<'s> Connection<'s> {
    pub(super) fn new(server: &'s HttpServer) -> Self {
        Connection { server, stream: None }
    }

    /// Sends a request and reads its response. `None` if the server closed the connection without a response. Opens a
    /// new connection if the last response closed the old one.
    pub(super) fn exchange(&mut self, request: &[u8]) -> Option<Response> {
        let mut stream = self.stream.take().unwrap_or_else(|| BufReader::new(self.server.connect()));
        // The server may refuse the request before it has read all of it.
        let sent = stream.get_mut().write_all(request).is_ok();
        let (mut status, mut length, mut closes, mut is_event_stream) = (0, None, !sent, false);
        loop {
            let mut line = String::new();
            if !stream.read_line(&mut line).is_ok_and(|read| read > 0) {
                return None;
            }
            let line = line.to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest.split(' ').next().unwrap().trim().parse().unwrap();
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = Some(value.trim().parse().unwrap());
            }
            closes |= line.starts_with("connection: close");
            is_event_stream |= line.starts_with("content-type: text/event-stream");
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length.unwrap_or_default()];
        stream.read_exact(&mut body).ok()?;
        // Without a length, the body ends with the connection or is an event stream.
        let has_end = length.is_some() || status == 202 || status == 204;
        self.stream = (has_end && !closes).then_some(stream);
        Some(Response { status, body, is_event_stream })
    }
}
