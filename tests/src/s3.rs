//! An S3 server for each server under test: one in this process, or the one that `S3_ENDPOINT` names.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use fm_s3_testing::S3Server;
use tempfile::TempDir;

const BUCKETS: [&str; 2] = ["FILES_BUCKET", "THUMBNAILS_BUCKET"];

/// An S3 server with two empty buckets that are nobody else's.
pub(crate) struct TestStore {
    variables: Vec<(String, String)>,
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
    key: String,
    secret: String,
    folder: TempDir,
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
        let folder = tempfile::tempdir().unwrap();
        for bucket in ["files", "thumbnails"] {
            std::fs::create_dir(folder.path().join(bucket)).unwrap();
        }
        Self::here_on(folder)
    }

    /// The same, with what is in this folder.
    pub(crate) fn here_on(folder: TempDir) -> Self {
        let key = crate::unique("key");
        let secret = crate::unique("a-secret-key-");
        let server = S3Server::start(folder.path(), &key, &secret).expect("the S3 server starts");
        let address = server.endpoint().trim_start_matches("http://").parse().expect("an address");
        let variables = [
            ("S3_ENDPOINT", server.endpoint()),
            ("S3_REGION", server.region().to_owned()),
            ("S3_ACCESS_KEY_ID", key.clone()),
            ("S3_SECRET_ACCESS_KEY", secret.clone()),
            ("S3_FORCE_PATH_STYLE", "1".to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let here = Here { server: Mutex::new(Some(server)), address, key, secret, folder };
        Self { variables, place: Place::Here(Box::new(here)) }
    }

    fn elsewhere(endpoint: String) -> Self {
        let given = |name: &str| {
            std::env::var(name).unwrap_or_else(|_| panic!("with S3_ENDPOINT, {name} has to be set"))
        };
        let mut variables = vec![("S3_ENDPOINT".to_owned(), endpoint.clone())];
        for name in ["S3_REGION", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] {
            variables.push((name.to_owned(), given(name)));
        }
        for name in ["S3_PUBLIC_ENDPOINT", "S3_FORCE_PATH_STYLE"] {
            variables.extend(std::env::var(name).ok().map(|value| (name.to_owned(), value)));
        }
        let slashed = if endpoint.ends_with('/') { endpoint } else { format!("{endpoint}/") };
        let credentials = Credentials::new(
            given("S3_ACCESS_KEY_ID"),
            given("S3_SECRET_ACCESS_KEY"),
            None,
            None,
            "the environment",
        );
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(slashed)
            .region(Region::new(given("S3_REGION")))
            .credentials_provider(credentials)
            .force_path_style(true)
            .http_client(aws_smithy_http_client::Builder::new().tls_provider(tls()).build_https())
            .build();
        let client = Box::new(Client::from_conf(config));
        let buckets: Vec<String> = BUCKETS.iter().map(|_| crate::unique("e2e-")).collect();
        for (variable, bucket) in BUCKETS.iter().zip(&buckets) {
            variables.push(((*variable).to_owned(), bucket.clone()));
            alone(async { client.create_bucket().bucket(bucket).send().await.expect("the bucket is made") });
        }
        Self { variables, place: Place::Elsewhere { client, buckets } }
    }

    /// What the program is told about it.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        self.variables.clone()
    }

    /// Where its objects are.
    pub(crate) fn folder(&self) -> &Path {
        let Place::Here(here) = &self.place else { panic!("somebody else's objects are out of reach") };
        here.folder.path()
    }

    /// Stops answering, as when its machine is gone.
    pub(crate) fn go_away(&self) {
        let Place::Here(here) = &self.place else { panic!("somebody else's server can't be stopped") };
        drop(here.server.lock().unwrap().take());
    }

    /// Answers again, at the same address and with the same objects.
    pub(crate) fn come_back(&self) {
        let Place::Here(here) = &self.place else { panic!("somebody else's server can't be started") };
        let server = S3Server::start_at(here.address, here.folder.path(), &here.key, &here.secret);
        *here.server.lock().unwrap() = Some(server.expect("the S3 server starts again"));
    }

    /// The names of all that it holds, where they can be seen.
    pub(crate) fn names(&self) -> Vec<String> {
        let Place::Here(here) = &self.place else { return Vec::new() };
        let server = here.server.lock().unwrap();
        server.as_ref().expect("the S3 server runs").names_kept().expect("the folder can be read")
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
                    // What is left of a test that failed is left to whoever looks into it.
                    drop(client.delete_bucket().bucket(bucket).send().await);
                }
            });
        }
    }
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
