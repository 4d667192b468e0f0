//! The secrets that tokens and links are signed with.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use fm_credentials::{JwtSecrets, OsIds, SecretBytes};
use fm_domain::ids::IdSource as _;
use zeroize::Zeroizing;

use crate::StartError;
use crate::adapters::{DatabaseScope, Purpose};
use crate::config::{Config, Secret};

/// The name of the file in `DATA_DIR` that keeps the secret that was made once.
pub(crate) const FILE: &str = "jwt-secret";

/// The configured secrets. Without one, a database of one machine gets a secret that is generated once and stored in
/// `DATA_DIR`, and a database of one process gets a new one at each start. A command that only looks signs nothing that
/// outlives it: it creates no file.
pub(super) fn of(config: &Config, purpose: Purpose) -> Result<JwtSecrets, StartError> {
    let current = match (&config.credentials.jwt_secret, config.storage.database.scope()) {
        (Some(secret), _) => bytes(secret)?,
        (None, DatabaseScope::Process) => fresh()?,
        (None, _) if !purpose.changes() => fresh()?,
        (None, DatabaseScope::Machine | DatabaseScope::Cluster) => kept(&config.storage.data_dir)?,
    };
    let previous = config.credentials.jwt_previous_secrets.iter().map(bytes).collect::<Result<_, _>>()?;
    Ok(JwtSecrets { current, previous })
}

fn bytes(secret: &Secret) -> Result<SecretBytes, StartError> {
    short(SecretBytes::new(secret.expose().as_bytes().to_vec()))
}

fn fresh() -> Result<SecretBytes, StartError> {
    short(SecretBytes::new(OsIds.random().to_vec()))
}

fn short<E>(secret: Result<SecretBytes, E>) -> Result<SecretBytes, StartError> {
    secret.map_err(|_short| StartError::Secret)
}

/// The secret in the data folder, made when there is none. Two processes that start at once agree on one: the file
/// appears whole or not at all, and the first one stays.
fn kept(data_dir: &Path) -> Result<SecretBytes, StartError> {
    let failed = |what| move |source| StartError::DataDir { folder: data_dir.to_owned(), what, source };
    DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(failed("it can't be created"))?;
    let path = data_dir.join(FILE);
    if !path.exists() {
        let random = OsIds.random();
        let own = data_dir.join(format!("{FILE}.{}", std::process::id()));
        write(&own, &random).map_err(failed("the secret can't be written"))?;
        let linked = match fs::hard_link(&own, &path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            outcome => outcome,
        };
        fs::remove_file(&own).and(linked).map_err(failed("the secret can't be kept"))?;
    }
    let mode = fs::metadata(&path).map_err(failed("the secret can't be read"))?.mode();
    if mode & 0o077 != 0 {
        tracing::warn!(
            path = %path.display(),
            "other users of this machine can read the secret that signs every token: run `chmod 600` on it, and replace \
             it if they may have done so"
        );
    }
    let text = Zeroizing::new(fs::read(&path).map_err(failed("the secret can't be read"))?);
    short(SecretBytes::new(text.to_vec()))
}

fn write(path: &Path, random: &[u8; 32]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    for byte in random {
        write!(file, "{byte:02x}")?;
    }
    file.sync_all()
}
