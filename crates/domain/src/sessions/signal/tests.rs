use mockall::Sequence;
use uuid::Uuid;

use super::*;

const ENDED: EndedSessions = EndedSessions::One(SessionId::new(Uuid::from_u128(7)));

#[test]
fn what_travels_between_nodes_is_read_back() {
    for ended in [ENDED, EndedSessions::OfUser(UserId::new(Uuid::from_u128(7)))] {
        assert_eq!(EndedSessions::parse(&ended.to_string()), Some(ended));
    }
    assert_eq!(ENDED.to_string(), "session:00000000-0000-0000-0000-000000000007");
}

#[test]
fn a_text_of_a_later_version_is_no_session() {
    for text in ["", "session", "session:7", "device:00000000-0000-0000-0000-000000000007"] {
        assert_eq!(EndedSessions::parse(text), None, "{text}");
    }
}

#[test]
fn a_listener_hears_first_whether_the_signal_is_connected() {
    let (mut listener, mut order) = (MockSessionListener::new(), Sequence::new());
    listener.expect_signal_lost().once().in_sequence(&mut order).return_const(());
    listener.expect_signal_connected().once().in_sequence(&mut order).return_const(());
    listener.expect_sessions_ended().once().in_sequence(&mut order).return_const(());
    let listener: Arc<dyn SessionListener> = Arc::new(listener);
    let listeners = SessionListeners::default();
    listeners.add(Arc::downgrade(&listener));
    listeners.set_connected(true);
    listeners.tell(ENDED);
    drop(listener);
    listeners.tell(ENDED);
    assert_eq!(listeners.lock().listeners.len(), 0, "a dropped listener leaves");
}
