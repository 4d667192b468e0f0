//! What scripts of the page can read.

use fm_e2e::{Api, Lane};

use super::{asked_elsewhere, open, sign_in};

/// All that a script of the page finds in it and in the browser's storage, as text.
const READABLE: &str = "(async () => {
    const found = [document.cookie, document.documentElement.outerHTML, location.href];
    found.push(JSON.stringify(await cookieStore.getAll()));
    for (const storage of [localStorage, sessionStorage]) found.push(JSON.stringify({...storage}));
    for (const {name} of await indexedDB.databases()) {
        const database = await new Promise((resolve, reject) => {
            const opening = indexedDB.open(name);
            opening.onsuccess = () => resolve(opening.result);
            opening.onerror = () => reject(opening.error);
        });
        for (const store of database.objectStoreNames) {
            const all = database.transaction(store).objectStore(store).getAll();
            await new Promise(resolve => { all.onsuccess = resolve });
            found.push(JSON.stringify(all.result));
        }
        database.close();
    }
    for (const name of await caches.keys()) {
        for (const request of await (await caches.open(name)).keys()) found.push(request.url);
    }
    return found.join('\\n');
})()";

#[tokio::test]
async fn no_token_is_ever_readable() {
    let api = Api::on(Lane::Ephemeral);
    let user = api.user().await;
    let page = open(&api, "/login").await;
    sign_in(&page, &user.email, &user.password).await;
    super::is_signed_in(&page, &user.email).await;
    page.rests().await;
    let login = format!("{}/v1/auth/login", api.server.base());
    assert_eq!(page.statuses(&login), [204], "the answer has no body that a script could read");
    let tokens = page.cookies().await;
    assert_eq!(tokens.len(), 1, "the path of the refresh token's cookie is that of the authentication");
    for token in &tokens {
        api.secret(token);
        let readable = page.evaluate(READABLE).await;
        let readable = readable.as_str().unwrap();
        assert!(readable.contains(&user.email), "what is in the page is found");
        assert!(!readable.contains(token.as_str()), "a token is in reach of scripts");
    }
    // A renewal hands none out either.
    let renewal = "fetch('/v1/auth/refresh', {method: 'POST', headers: {Prefer: 'return=minimal'}})
        .then(async answer => answer.status + await answer.text() + answer.headers.get('Set-Cookie'))";
    assert_eq!(page.evaluate(renewal).await, "204null");
    for token in page.cookies().await {
        api.secret(&token);
        assert!(!tokens.contains(&token), "it was renewed");
    }
    assert_eq!(asked_elsewhere(&page, &api), Vec::<String>::new());
}
