//! Lists page by page: limits, orders, cursors.

use std::collections::HashSet;

use fm_api_types::File;
use fm_e2e::{Api, Lane, User, names, on_every_lane};
use serde_json::json;

/// Eight files whose names and sizes tie in any order.
async fn eight(user: &User) -> Vec<File> {
    let mut files = Vec::new();
    for (name, size) in [("b", 2), ("A", 1), ("a", 2), ("C", 1), ("b", 1), ("É", 3), ("z", 3), ("Ａ", 2)] {
        let file = user.file(name, "x".repeat(size)).await;
        // Told once: some of them are numbered.
        files.push(File { requested_name: None, ..file });
    }
    files
}

fn ids(files: &[File]) -> Vec<String> {
    files.iter().map(|file| file.id.to_string()).collect()
}

async fn an_empty_list_is_a_list(lane: Lane) {
    let user = Api::on(lane).user().await;
    assert_eq!(
        user.get("/v1/files").send().await.expect(200).json(),
        json!({"items": [], "next_cursor": null})
    );
}

async fn the_newest_come_first_with_their_urls(lane: Lane) {
    let user = Api::on(lane).user().await;
    let mut uploaded = eight(&user).await;
    uploaded.reverse();
    let listed = user.all(&[]).await;
    assert_eq!(ids(&listed), ids(&uploaded));
    assert_eq!(listed, uploaded, "an item of a list is the whole file");
    let newest = user.get(&User::path(&listed[0])).send().await.expect(200).json();
    let page = user.get("/v1/files").send().await.expect(200).json();
    assert_eq!(page["items"][0], newest, "and no more than that");
    user.get(listed[0].download.url.expose()).send().await.expect(200);
}

async fn every_sort_and_order_walks_all_files_in_its_order(lane: Lane) {
    let user = Api::on(lane).user().await;
    let files = eight(&user).await;
    let key = |file: &File, sort: &str| -> (String, u64, String) {
        let id = file.id.to_string();
        match sort {
            "created_at" => (String::new(), u64::try_from(file.created_at.timestamp_micros()).unwrap(), id),
            "name" => (file.name.to_lowercase(), 0, id),
            _ => (String::new(), file.size, id),
        }
    };
    for sort in ["created_at", "name", "size"] {
        for order in ["asc", "desc"] {
            let mut expected = files.clone();
            expected.sort_by_key(|file| key(file, sort));
            if order == "desc" {
                expected.reverse();
            }
            for limit in ["1", "3", "8", "200"] {
                let listed = user.all(&[("sort", sort), ("order", order), ("limit", limit)]).await;
                assert_eq!(ids(&listed), ids(&expected), "{sort} {order} by {limit}");
            }
        }
    }
}

async fn a_page_holds_as_many_as_asked_for_and_50_by_itself(lane: Lane) {
    let user = Api::on(lane).user().await;
    for index in 0..52 {
        user.file(&format!("{index:02}"), "x").await;
    }
    for (limit, expected) in
        [(None, 50), (Some("1"), 1), (Some("51"), 51), (Some("52"), 52), (Some("200"), 52)]
    {
        let page = user.page(&limit.map(|limit| ("limit", limit)).into_iter().collect::<Vec<_>>()).await;
        assert_eq!(page.items.len(), expected);
        assert_eq!(page.next_cursor.is_none(), expected == 52, "{limit:?}");
    }
    assert_eq!(user.all(&[("limit", "7")]).await.len(), 52);
}

async fn pages_are_stable_while_files_come_and_go(lane: Lane) {
    let user = Api::on(lane).user().await;
    for sort in ["created_at", "name", "size"] {
        for order in ["asc", "desc"] {
            let files = eight(&user).await;
            let before: HashSet<String> = ids(&user.all(&[]).await).into_iter().collect();
            let mut seen = Vec::new();
            let mut cursor: Option<String> = None;
            let mut removed = HashSet::new();
            for round in 0.. {
                let mut query = vec![("sort", sort), ("order", order), ("limit", "3")];
                query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
                let page = user.page(&query).await;
                seen.extend(ids(&page.items));
                // One comes everywhere in the order, and one goes that was seen or not: even the cursor's own.
                user.file(["0", "b", "zz"][round % 3], "x".repeat(round % 3 + 1)).await;
                let gone =
                    if round == 0 { seen.last().unwrap().clone() } else { ids(&files)[round % 8].clone() };
                if user.delete(&format!("/v1/files/{gone}")).send().await.status == 204 {
                    removed.insert(gone);
                }
                match page.next_cursor {
                    Some(next) => cursor = Some(next),
                    None => break,
                }
            }
            let unique: HashSet<&String> = seen.iter().collect();
            assert_eq!(unique.len(), seen.len(), "{sort} {order}: nothing is repeated");
            for id in before.iter().filter(|id| !removed.contains(*id)) {
                assert!(seen.contains(id), "{sort} {order}: nothing is skipped");
            }
        }
    }
}

async fn a_cursor_belongs_to_its_list(lane: Lane) {
    let api = Api::on(lane);
    let (user, stranger) = (api.user().await, api.user().await);
    eight(&user).await;
    eight(&stranger).await;
    let query = [("sort", "name"), ("order", "asc"), ("limit", "1"), ("q", "a")];
    let cursor = user.page(&query).await.next_cursor.unwrap();
    let ask = async |user: &User, parameters: &[(&str, &str)], cursor: &str| {
        let mut query = parameters.to_vec();
        query.push(("cursor", cursor));
        user.get("/v1/files").query(&query).send().await
    };
    ask(&user, &query, &cursor).await.expect(200);
    ask(&user, &[("sort", "name"), ("order", "asc"), ("limit", "5"), ("q", "a")], &cursor).await.expect(200);
    ask(&stranger, &query, &cursor).await.problem(400, "malformed_request");
    for other in [
        vec![("sort", "size"), ("order", "asc"), ("q", "a")],
        vec![("sort", "name"), ("order", "desc"), ("q", "a")],
        vec![("sort", "name"), ("order", "asc"), ("q", "b")],
        vec![("sort", "name"), ("order", "asc")],
        vec![("sort", "name"), ("order", "asc"), ("q", "a"), ("content_type", "text/*")],
        vec![],
    ] {
        ask(&user, &other, &cursor).await.problem(400, "malformed_request");
    }
    let index = cursor.len() / 2;
    let flip = |index: usize| {
        let byte = if cursor.as_bytes()[index] == b'A' { 'B' } else { 'A' };
        format!("{}{byte}{}", &cursor[..index], &cursor[index + 1..])
    };
    let tampered =
        [flip(0), flip(index), flip(cursor.len() - 3), cursor[..index].to_owned(), format!("{cursor}AAAA")];
    for tampered in tampered {
        ask(&user, &query, &tampered).await.problem(400, "malformed_request");
    }
}

async fn names_sort_by_code_point_of_their_lower_case(lane: Lane) {
    let user = Api::on(lane).user().await;
    for name in ["b", "A", "_", "Z", "é", "10", "2", "а", "ß", "日"] {
        user.file(name, "x").await;
    }
    let listed = names(&user.all(&[("sort", "name"), ("order", "asc"), ("limit", "3")]).await);
    assert_eq!(listed, ["10", "2", "_", "A", "b", "Z", "ß", "é", "а", "日"]);
}

on_every_lane![
    an_empty_list_is_a_list,
    the_newest_come_first_with_their_urls,
    every_sort_and_order_walks_all_files_in_its_order,
    a_page_holds_as_many_as_asked_for_and_50_by_itself,
    pages_are_stable_while_files_come_and_go,
    a_cursor_belongs_to_its_list,
    names_sort_by_code_point_of_their_lower_case,
];
