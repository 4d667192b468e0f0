//! What the product does with pictures, without accounts, records and signed URLs: the floor of pictures until their
//! thumbnail is read.
//!
//! ```text
//! fm-bench-pictures PORT disk FOLDER
//! fm-bench-pictures PORT s3 ENDPOINT REGION ACCESS_KEY_ID SECRET_ACCESS_KEY BUCKET
//! ```
//!
//! `POST /pictures` stores the body and a thumbnail of it, and names the thumbnail in `Location`, where a GET reads it out of
//! the store. The server, the renderer and the client of S3 are those that the product has; a file on disk is as durable.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::error::{ErrorInternalServerError, ErrorNotFound};
use actix_web::http::header;
use actix_web::rt::System;
use actix_web::{App, HttpResponse, HttpServer, web};
use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{
    BehaviorVersion, Config, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    StalledStreamProtectionConfig,
};
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use fm_domain::thumbnails::{RenderBudget, RenderSpec, Thumbnailer as _};
use fm_imaging::{ImageThumbnailer, ImagingSettings};

/// The largest picture, in bytes.
const LARGEST: usize = 64 << 20;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fm-bench-pictures: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Outcome<()> {
    let [port, kind, place @ ..] = arguments else { return Err("no port and no store".into()) };
    let store = match (kind.as_str(), place) {
        ("disk", [folder]) => Store::Disk(PathBuf::from(folder)),
        ("s3", [endpoint, region, id, key, bucket]) => {
            Store::S3 { client: s3_client(endpoint, region, id, key), bucket: bucket.clone() }
        }
        _ => return Err("the store is neither `disk` and a folder nor `s3` and its five values".into()),
    };
    let thumbnailer = ImageThumbnailer::new(ImagingSettings::default());
    let program = web::Data::new(Program { store, thumbnailer, pictures: AtomicU64::new(0) });
    let port: u16 = port.parse()?;
    let app = move || {
        App::new()
            .app_data(program.clone())
            .app_data(web::PayloadConfig::new(LARGEST))
            .route("/pictures", web::post().to(add_picture))
            .route("/thumbnails/{number}", web::get().to(read_thumbnail))
    };
    Ok(System::new().block_on(async move { HttpServer::new(app).bind(("127.0.0.1", port))?.run().await })?)
}

struct Program {
    store: Store,
    thumbnailer: ImageThumbnailer,
    /// How many came so far.
    pictures: AtomicU64,
}

/// `POST /pictures`
async fn add_picture(picture: Bytes, program: web::Data<Program>) -> actix_web::Result<HttpResponse> {
    let number = program.pictures.fetch_add(1, Ordering::Relaxed);
    store_with_thumbnail(&program, number, picture).await.map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Created().insert_header((header::LOCATION, format!("/thumbnails/{number}"))).finish())
}

async fn store_with_thumbnail(program: &Program, number: u64, picture: Bytes) -> Outcome<()> {
    program.store.put(format!("{number}.jpg"), picture.clone()).await?;
    let rendered = program.thumbnailer.render(picture, RenderSpec::THUMBNAIL, RenderBudget::STANDARD);
    program.store.put(thumbnail(number), rendered.await?.bytes).await
}

/// `GET /thumbnails/{number}`
async fn read_thumbnail(
    number: web::Path<u64>,
    program: web::Data<Program>,
) -> actix_web::Result<HttpResponse> {
    let png = program.store.get(thumbnail(*number)).await.map_err(ErrorNotFound)?;
    Ok(HttpResponse::Ok().content_type("image/png").body(png))
}

fn thumbnail(number: u64) -> String {
    format!("{number}.png")
}

enum Store {
    Disk(PathBuf),
    S3 { client: Client, bucket: String },
}

impl Store {
    async fn put(&self, name: String, bytes: Bytes) -> Outcome<()> {
        match self {
            Self::Disk(folder) => {
                let folder = folder.clone();
                web::block(move || write_durably(&folder, &name, &bytes)).await??;
            }
            Self::S3 { client, bucket } => {
                let put = client.put_object().bucket(bucket).key(name).body(ByteStream::from(bytes));
                put.customize().disable_payload_signing().send().await?;
            }
        }
        Ok(())
    }

    async fn get(&self, name: String) -> Outcome<Bytes> {
        match self {
            Self::Disk(folder) => {
                let path = folder.join(name);
                Ok(web::block(move || fs::read(path)).await??.into())
            }
            Self::S3 { client, bucket } => {
                let object = client.get_object().bucket(bucket).key(name).send().await?;
                Ok(object.body.collect().await?.into_bytes())
            }
        }
    }
}

/// What has its name is whole and on the disk, and so is the name.
fn write_durably(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let unfinished = folder.join(format!(".{name}"));
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(unfinished, folder.join(name))?;
    File::open(folder)?.sync_all()
}

/// It is told what the product's is: no checksums, and no hash of the body in the signature.
fn s3_client(endpoint: &str, region: &str, id: &str, key: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(endpoint)
        .region(Region::new(region.to_owned()))
        .credentials_provider(Credentials::new(id, key, None, None, "arguments"))
        .force_path_style(true)
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .disable_s3_express_session_auth(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    Client::from_conf(config)
}
