use super::*;
use fm_domain::testing::CountingIds;

fn user(number: u64) -> UserId {
    UserId::new(CountingIds::nth(number))
}

#[test]
fn each_user_has_so_many_and_one_that_ends_makes_room() {
    let users = PerUser::<()>::default();
    let mut held: Vec<_> = (0..3).map(|_| users.count(user(1), 3, || ())).collect();
    assert!(held.iter().all(Option::is_some));
    assert!(users.count(user(1), 3, || ()).is_none());
    assert!(users.count(user(2), 3, || ()).is_some());
    held.pop();
    assert!(users.clone().count(user(1), 3, || ()).is_some());
}

#[test]
fn a_value_is_shared_as_long_as_there_are_requests_and_nothing_is_kept_of_users_without() {
    let users = PerUser::default();
    let first = users.count(user(1), 2, || 7);
    let second = users.count(user(1), 2, || 8);
    let values = [&first, &second].map(|counted| counted.as_ref().map(|counted| *counted.value));
    assert_eq!(values, [Some(7), Some(7)]);
    drop((first, second));
    assert_eq!(users.len(), 0);
    assert_eq!(users.count(user(1), 2, || 9).map(|counted| *counted.value), Some(9));
}
