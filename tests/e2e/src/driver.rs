//! ChromeDriver: the process, a session of it, and the commands that only Chromium knows.
//!
//! WebDriver is a conversation of requests and answers, and a test is a list of steps. So the asynchronous client is kept in
//! here with a small runtime of its own, and everybody outside simply calls.

use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use serde_json::{Value, json};
use std::env;
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use tokio::runtime::{Builder, Runtime};
use url::{ParseError, Url};

/// A browser without a window, without a sandbox (a container's root has none), and without calls home.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
];

/// One browser, ours alone, with a fresh profile.
pub(crate) struct Driver {
    process: Child,
    runtime: Runtime,
    client: Client,
}

impl Driver {
    /// Starts ChromeDriver on a free port, and a browser through it.
    pub(crate) fn start() -> Result<Self, String> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        let (process, port) = start_process()?;
        let mut builder = ClientBuilder::new(hyper_connector());
        builder.capabilities(capabilities());
        match runtime.block_on(builder.connect(&format!("http://127.0.0.1:{port}"))) {
            Ok(client) => Ok(Self { process, runtime, client }),
            Err(error) => {
                stop(process);
                Err(format!("ChromeDriver would not start a browser: {error}"))
            }
        }
    }

    /// The client, for making a request that `wait` then carries out.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Carries out one request.
    pub(crate) fn wait<T>(&self, request: impl Future<Output = T>) -> T {
        self.runtime.block_on(request)
    }

    /// A command of the DevTools protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Result<Value, String> {
        self.vendor("goog/cdp/execute", json!({ "cmd": command, "params": parameters }))
            .map_err(|error| format!("{command}: {error}"))
    }

    /// What the browser has logged since the last time it was asked, worst first served: errors only.
    pub(crate) fn logged_errors(&self) -> Result<Vec<String>, String> {
        let entries = self.vendor("se/log", json!({ "type": "browser" }))?;
        let errors = entries.as_array().into_iter().flatten().filter(|entry| entry["level"] == "SEVERE");
        Ok(errors.filter_map(|entry| entry["message"].as_str().map(str::to_owned)).collect())
    }

    fn vendor(&self, path: &'static str, body: Value) -> Result<Value, String> {
        self.wait(self.client.issue_cmd(Vendor { path, body })).map_err(|error| error.to_string())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.client.clone().close()); // the browser may be gone already
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn hyper_connector() -> hyper_util::client::legacy::connect::HttpConnector {
    hyper_util::client::legacy::connect::HttpConnector::new()
}

fn capabilities() -> Capabilities {
    let mut chrome = json!({ "args": FLAGS });
    if let Ok(binary) = env::var("CHROMIUM") {
        chrome["binary"] = binary.into();
    }
    let mut capabilities = Capabilities::new();
    capabilities.insert("goog:chromeOptions".into(), chrome);
    capabilities.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
    capabilities
}

/// ChromeDriver chooses a free port itself, and says which.
fn start_process() -> Result<(Child, u16), String> {
    let program = env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".into());
    let mut process = Command::new(&program)
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("`{program}` could not be run: {error}; `cargo xtask setup` brings it"))?;
    let lines = process.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines).map_while(Result::ok);
    let port = lines.filter_map(|line| port_in(&line)).next();
    match port {
        Some(port) => Ok((process, port)),
        None => {
            stop(process);
            Err(format!("`{program}` ended without saying on which port it listens"))
        }
    }
}

fn port_in(line: &str) -> Option<u16> {
    line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
}

fn stop(mut process: Child) {
    let _ = process.kill();
    let _ = process.wait();
}

/// A command beside the WebDriver standard.
#[derive(Debug)]
struct Vendor {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Vendor {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
