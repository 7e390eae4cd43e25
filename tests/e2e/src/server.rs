//! A static host, as plain as they come: files from a folder, under a sub-path, with the right types.
//!
//! A hundred lines of std instead of a web framework: nothing here is load or protocol, it is a browser on the same machine
//! asking for a dozen files. What is not in the folder is a 404, so that a page which counts on more than that fails.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread;

/// Where the page is put, to prove that it can be put anywhere.
const BASE: &str = "/some/sub/";

/// Serves until the process ends.
pub(crate) struct Server {
    address: SocketAddr,
}

impl Server {
    /// Serves `folder` on a free port of this machine.
    pub(crate) fn start(folder: PathBuf) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let folder = Arc::new(folder);
        thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let folder = Arc::clone(&folder);
                // A browser that hangs up in the middle is no failure of ours.
                thread::spawn(move || drop(answer(&stream, &folder)));
            }
        });
        Ok(Self { address })
    }

    /// The page's address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}{BASE}", self.address)
    }
}

fn answer(stream: &TcpStream, folder: &Path) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    skip_headers(&mut reader)?;
    let mut words = request.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let file = file_for(target, folder).and_then(|path| Some((content_type(&path), fs::read(&path).ok()?)));
    let (status, kind, body) = match (method, file) {
        ("GET" | "HEAD", Some((kind, body))) => ("200 OK", kind, body),
        ("GET" | "HEAD", None) => ("404 Not Found", "text/plain", b"not found".to_vec()),
        _ => ("405 Method Not Allowed", "text/plain", Vec::new()),
    };
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", body.len())?;
    write!(stream, "Cache-Control: no-cache\r\nConnection: close\r\n\r\n")?;
    if method == "GET" {
        stream.write_all(&body)?;
    }
    stream.flush()
}

fn skip_headers(reader: &mut impl BufRead) -> io::Result<()> {
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    Ok(())
}

/// The file behind an address, if the address lies under the sub-path and the file inside the folder.
fn file_for(target: &str, folder: &Path) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix(BASE)?;
    let path = if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
    let inside = Path::new(&path).components().all(|part| matches!(part, Component::Normal(_)));
    inside.then(|| folder.join(path))
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "json" | "webmanifest" => "application/json",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serves_only_what_is_in_the_folder() {
        let folder = Path::new("/dist");
        assert_eq!(file_for("/some/sub/", folder), Some("/dist/index.html".into()));
        assert_eq!(file_for("/some/sub/fonts/a.woff2?v=1", folder), Some("/dist/fonts/a.woff2".into()));
        assert_eq!(file_for("/fonts/a.woff2", folder), None);
        assert_eq!(file_for("/some/sub/../../etc/passwd", folder), None);
    }
}
