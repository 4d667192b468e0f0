//! All ports, decorated.

use std::sync::Arc;

use fm_application::wiring::{DirectPorts, MovePorts, Ports};
use fm_decorators::{
    ObservedBlobStore, ObservedDatabase, ObservedDirectStore, ObservedListBlobs, ObservedPartReceiver,
    ObservedPasswordHasher, ObservedResumableStore, ObservedSignDownload, ObservedSignParts,
    ObservedThumbnailer, PortObserver, TracedJobs,
};

/// The ports whose calls have spans and are reported to `observer`. The session store and the limits are decorated where they
/// are opened, below what answers for them in this process.
pub(crate) fn observed(ports: Ports, observer: &Arc<dyn PortObserver>) -> Ports {
    Ports {
        db: Arc::new(ObservedDatabase::new(ports.db, observer)),
        blobs: Arc::new(ObservedBlobStore::new(ports.blobs, observer)),
        resumable: ports.resumable.map(|store| Arc::new(ObservedResumableStore::new(store, observer)) as _),
        direct: ports.direct.map(|direct| observed_direct(direct, observer)),
        lister: ports.lister.map(|lister| Arc::new(ObservedListBlobs::new(lister, observer)) as _),
        moving: ports.moving.map(|moving| observed_moving(moving, observer)),
        links: Arc::new(ObservedSignDownload::new(ports.links, observer)),
        thumbnailer: Arc::new(ObservedThumbnailer::new(ports.thumbnailer, observer)),
        passwords: Arc::new(ObservedPasswordHasher::new(ports.passwords, observer)),
        ..ports
    }
}

/// The ports of which no call is reported. Jobs keep the trace that asked for them all the same: lines of the log name it.
pub(crate) fn unobserved(ports: Ports) -> Ports {
    Ports { db: Arc::new(TracedJobs::new(ports.db)), ..ports }
}

fn observed_moving(moving: MovePorts, observer: &Arc<dyn PortObserver>) -> MovePorts {
    MovePorts {
        current: Arc::new(ObservedBlobStore::new(moving.current, observer)),
        previous: Arc::new(ObservedBlobStore::new(moving.previous, observer)),
    }
}

fn observed_direct(direct: DirectPorts, observer: &Arc<dyn PortObserver>) -> DirectPorts {
    let DirectPorts { store, links, receiver } = direct;
    DirectPorts {
        store: Arc::new(ObservedDirectStore::new(store, observer)),
        links: Arc::new(ObservedSignParts::new(links, observer)),
        receiver: receiver.map(|receiver| Arc::new(ObservedPartReceiver::new(receiver, observer)) as _),
    }
}
