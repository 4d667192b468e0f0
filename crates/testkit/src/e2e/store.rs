//! An S3 server for each server under test: one in this process, or the one that `S3_ENDPOINT` names.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use fm_s3_testing::S3Server;
use tempfile::TempDir;

use crate::s3::Access;

const BUCKETS: [&str; 2] = ["FILES_BUCKET", "THUMBNAILS_BUCKET"];

/// An S3 server with two empty buckets that no other test uses.
pub(crate) struct TestStore {
    access: Access,
    /// Variables beside those, and over them.
    more: Vec<(&'static str, String)>,
    place: Place,
}

enum Place {
    Here(Box<Here>),
    Elsewhere { client: Box<Client>, buckets: Vec<String> },
}

/// A server in this process, which can go away and come back.
struct Here {
    server: Mutex<Option<S3Server>>,
    address: SocketAddr,
    folder: TempDir,
    for_pages: bool,
}

impl Here {
    /// Serves the folder at an address, to clients that have this key.
    fn serve(address: SocketAddr, folder: &TempDir, key: &str, secret: &str, for_pages: bool) -> S3Server {
        let folder = folder.path();
        let server = if for_pages {
            S3Server::start_for_pages_at(address, folder, key, secret)
        } else {
            S3Server::start_at(address, folder, key, secret)
        };
        server.expect("the S3 server starts")
    }
}

impl TestStore {
    pub(crate) fn start() -> Self {
        match std::env::var("S3_ENDPOINT") {
            Ok(endpoint) if !endpoint.is_empty() => Self::elsewhere(endpoint),
            _ => Self::here(),
        }
    }

    /// One in this process, whatever the environment says.
    pub(crate) fn here() -> Self {
        Self::here_on(empty_buckets())
    }

    /// The same, with what is in this folder.
    pub(crate) fn here_on(folder: TempDir) -> Self {
        Self::here_with(folder, false)
    }

    /// One in this process that takes parts from pages of every origin.
    pub(crate) fn for_pages() -> Self {
        Self::here_with(empty_buckets(), true)
    }

    fn here_with(folder: TempDir, for_pages: bool) -> Self {
        let key = super::unique("key");
        let secret = super::unique("a-secret-key-");
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Here::serve(any_port, &folder, &key, &secret, for_pages);
        let address = server.endpoint().trim_start_matches("http://").parse().expect("an address");
        let access = Access {
            endpoint: server.endpoint(),
            region: server.region().to_owned(),
            access_key_id: key,
            secret_access_key: secret,
        };
        let here = Here { server: Mutex::new(Some(server)), address, folder, for_pages };
        Self { access, more: Vec::new(), place: Place::Here(Box::new(here)) }
    }

    fn elsewhere(endpoint: String) -> Self {
        let given = |name: &str| {
            std::env::var(name).unwrap_or_else(|_| panic!("with S3_ENDPOINT, {name} has to be set"))
        };
        let access = Access {
            endpoint: endpoint.clone(),
            region: given("S3_REGION"),
            access_key_id: given("S3_ACCESS_KEY_ID"),
            secret_access_key: given("S3_SECRET_ACCESS_KEY"),
        };
        let optional = ["S3_PUBLIC_ENDPOINT", "S3_FORCE_PATH_STYLE"];
        let mut more: Vec<(&'static str, String)> =
            optional.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?))).collect();
        let slashed = if endpoint.ends_with('/') { endpoint } else { format!("{endpoint}/") };
        let (id, key) = (access.access_key_id.clone(), access.secret_access_key.clone());
        let credentials = Credentials::new(id, key, None, None, "the environment");
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(slashed)
            .region(Region::new(access.region.clone()))
            .credentials_provider(credentials)
            .force_path_style(true)
            .http_client(aws_smithy_http_client::Builder::new().tls_provider(tls()).build_https())
            .build();
        let client = Box::new(Client::from_conf(config));
        let buckets: Vec<String> = BUCKETS.iter().map(|_| super::unique("e2e-")).collect();
        for (variable, bucket) in BUCKETS.iter().zip(&buckets) {
            more.push((*variable, bucket.clone()));
            alone(async { client.create_bucket().bucket(bucket).send().await.expect("the bucket is made") });
        }
        Self { access, more, place: Place::Elsewhere { client, buckets } }
    }

    /// The variables that lead the program to it; where a name comes twice, the last one counts.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        self.access.variables().into_iter().chain(self.more.iter().cloned()).collect()
    }

    /// The variables that have the program fall back on it.
    pub(crate) fn fallback_variables(&self) -> Vec<(String, String)> {
        let named = |name: &str| match name {
            "BLOB_STORE" => "BLOB_STORE_FALLBACK".to_owned(),
            setting => format!("FALLBACK_{setting}"),
        };
        self.variables().into_iter().map(|(name, value)| (named(name), value)).collect()
    }

    /// The same where the program reaches it through a proxy.
    pub(crate) fn variables_through(&self, proxy: SocketAddr) -> Vec<(&'static str, String)> {
        self.access.variables_through(proxy)
    }

    /// Where its objects are.
    pub(crate) fn folder(&self) -> &Path {
        let Place::Here(here) = &self.place else {
            panic!("the objects of an external server are out of reach")
        };
        here.folder.path()
    }

    /// Where it listens, if it is in this process.
    pub(crate) fn address(&self) -> SocketAddr {
        let Place::Here(here) = &self.place else { panic!("an external server has no address here") };
        here.address
    }

    /// Stops answering, as when its machine is gone.
    pub(crate) fn go_away(&self) {
        let Place::Here(here) = &self.place else { panic!("an external server can't be stopped") };
        drop(here.server.lock().unwrap().take());
    }

    /// Answers again, at the same address and with the same objects.
    pub(crate) fn come_back(&self) {
        let Place::Here(here) = &self.place else { panic!("an external server can't be started") };
        let Access { access_key_id, secret_access_key, .. } = &self.access;
        let server =
            Here::serve(here.address, &here.folder, access_key_id, secret_access_key, here.for_pages);
        *here.server.lock().unwrap() = Some(server);
    }

    /// The names of all that it holds, where they can be seen.
    pub(crate) fn names(&self) -> Vec<String> {
        let Place::Here(here) = &self.place else { return Vec::new() };
        let server = here.server.lock().unwrap();
        server.as_ref().expect("the S3 server runs").names_kept().expect("the folder can be read")
    }

    /// How many bytes it holds, parts of unfinished uploads included, where that can be seen.
    pub(crate) fn bytes(&self) -> Option<u64> {
        let Place::Here(here) = &self.place else { return None };
        let server = here.server.lock().unwrap();
        Some(server.as_ref().expect("the S3 server runs").bytes_kept().expect("the folder can be read"))
    }

    /// How many objects and unfinished uploads it holds.
    pub(crate) async fn count(&self) -> usize {
        match &self.place {
            Place::Here(here) => {
                let server = here.server.lock().unwrap();
                server.as_ref().expect("the S3 server runs").files_kept().expect("the folder can be read")
            }
            Place::Elsewhere { client, buckets } => {
                let mut count = 0;
                for bucket in buckets {
                    let objects =
                        client.list_objects_v2().bucket(bucket).send().await.expect("a list of objects");
                    let uploads = client
                        .list_multipart_uploads()
                        .bucket(bucket)
                        .send()
                        .await
                        .expect("a list of uploads");
                    count += objects.contents().len() + uploads.uploads().len();
                }
                count
            }
        }
    }
}

impl Drop for TestStore {
    fn drop(&mut self) {
        if let Place::Elsewhere { client, buckets } = &self.place {
            alone(async {
                for bucket in buckets {
                    // A bucket that still has objects stays, so that a failed test can be examined.
                    drop(client.delete_bucket().bucket(bucket).send().await);
                }
            });
        }
    }
}

fn empty_buckets() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for bucket in ["files", "thumbnails"] {
        std::fs::create_dir(folder.path().join(bucket)).unwrap();
    }
    folder
}

fn tls() -> aws_smithy_http_client::tls::Provider {
    aws_smithy_http_client::tls::Provider::Rustls(
        aws_smithy_http_client::tls::rustls_provider::CryptoMode::Ring,
    )
}

/// Runs this on a thread of its own, so that it can be called from anywhere.
fn alone<T: Send>(work: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        scope.spawn(move || runtime.block_on(work)).join().unwrap()
    })
}
