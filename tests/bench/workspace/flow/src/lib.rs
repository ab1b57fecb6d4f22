//! Work that is passed through a channel.
use futures_util::{stream, StreamExt};

#[async_trait::async_trait]
pub trait Step: Sync {
    async fn apply(&self, value: u64) -> u64;
}

pub struct Double;

#[async_trait::async_trait]
impl Step for Double {
    async fn apply(&self, value: u64) -> u64 {
        tracing::trace!(value, "doubling");
        value * 2
    }
}

pub async fn sum(step: &dyn Step, count: u64) -> u64 {
    let (to, mut from) = tokio::sync::mpsc::channel(4);
    let producer = async move {
        let mut values = stream::iter(0..count);
        while let Some(value) = values.next().await {
            if to.send(step.apply(value).await).await.is_err() {
                break;
            }
        }
    };
    let consumer = async move {
        let mut total = 0;
        while let Some(value) = from.recv().await {
            total += value;
        }
        total
    };
    tokio::join!(producer, consumer).1
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn doubled() {
        assert_eq!(super::sum(&super::Double, 10).await, 90);
    }
}
