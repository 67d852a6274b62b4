//! A log of more events than any page or reader holds at once, read at its ends and as a whole.

use leasehold_testkit::{TestServer, on_each_backend};
use serde_json::{Value, json};

/// Sends of a hundred events each.
const SENDS: usize = 50;

fn ids(list: &Value) -> Vec<String> {
    let events = list["data"].as_array().into_iter().flatten();
    events.map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_long_log_is_read_from_either_end_and_followed_from_anywhere() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = q.session(&q.environment().await).await;
        let path = q.events(&session);
        q.say(&session, "rare").await.expect(200);
        server.runner().await.say("Hi").await;
        let mut all = ids(&q.get(&path).await.expect(200));
        for _ in 0..SENDS {
            let events = json!(vec![json!({"type": "user.interrupt"}); 100]);
            all.extend(ids(&q.send(&session, events).await.expect(200)));
        }
        assert!(all.len() > SENDS * 100);

        let mut listed = Vec::new();
        let mut next = String::new();
        loop {
            let page = q.get(format!("{path}?limit=1000&page={next}")).await.expect(200);
            listed.extend(ids(&page));
            let Some(behind) = page["next_page"].as_str() else { break };
            behind.clone_into(&mut next);
        }
        assert_eq!(listed, all);
        let end = &all[all.len() - 3..];
        let newest = ids(&q.get(format!("{path}?order=desc&limit=3")).await.expect(200));
        assert_eq!(newest.into_iter().rev().collect::<Vec<_>>(), end);
        for order in ["asc", "desc"] {
            let rare = format!("{path}?types[]=user.message&limit=1000&order={order}");
            assert_eq!(ids(&q.get(rare).await.expect(200)), all[2..3]);
        }

        let follow = async |last: &str| {
            let request = q.get(format!("{path}/stream")).header("last-event-id", last);
            request.stream().await
        };
        let mut near = follow(&end[0]).await;
        assert_eq!([near.frame().await.id, near.frame().await.id], end[1..]);
        let mut far = follow(&all[0]).await;
        for id in &all[1..] {
            assert_eq!(far.frame().await.id, *id);
        }
        let mut now = q.stream(&session).await;
        q.send(&session, json!([{"type": "user.interrupt"}])).await.expect(200);
        let newest = now.frame().await;
        assert_eq!((&near.frame().await, &far.frame().await), (&newest, &newest));
    })
    .await;
}
