//! Faults between two programs whose language the proxy does not speak.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Fault;
use super::plan::Shared;

/// How late what is slow comes.
const LATE: Duration = Duration::from_millis(40);

/// Passes on what comes, from both ends, until one of them ends or a fault ends both.
pub(super) async fn talk(mut client: TcpStream, mut server: TcpStream, shared: &Shared) -> io::Result<()> {
    let (mut sent, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            count = client.read(&mut sent) => {
                let request = &sent[..count?];
                if request.is_empty() || !pass(request, &mut client, &mut server, shared).await? {
                    return Ok(());
                }
            }
            count = server.read(&mut answered) => {
                let answer = &answered[..count?];
                if answer.is_empty() {
                    return Ok(());
                }
                shared.moving().await;
                client.write_all(answer).await?;
            }
        }
    }
}

/// Passes on what the client sent; false when that ends the connection.
async fn pass(
    request: &[u8],
    client: &mut TcpStream,
    server: &mut TcpStream,
    shared: &Shared,
) -> io::Result<bool> {
    match shared.befalls(request) {
        None => {}
        Some(Fault::Slow) => tokio::time::sleep(LATE).await,
        Some(Fault::Hang) => shared.change().await,
        Some(Fault::Gone | Fault::Refuse(..)) => return Ok(false),
        Some(Fault::CutRequest) => {
            // So little that of several messages at once not even the first is whole.
            server.write_all(&request[..request.len() / 8]).await?;
            return Ok(false);
        }
        Some(fault @ (Fault::CutAnswer | Fault::LoseAnswer)) => {
            server.write_all(request).await?;
            let mut answer = vec![0; 64 * 1024];
            let count = server.read(&mut answer).await?;
            if fault == Fault::CutAnswer {
                client.write_all(&answer[..count / 2]).await?;
            }
            return Ok(false);
        }
    }
    server.write_all(request).await?;
    Ok(true)
}
