//! The model before training, to see what training does to it.

use super::{
    config::TrainConfig,
    data::TrainingData,
    export::export,
    run::{TrainError, check_data},
    samples::Samples,
    trainer::Trainer,
};
use crate::model::FloatModel;

/// Batches that the running statistics see.
const BATCHES: usize = 100;

/// The model that a run starts from, with the running statistics of up to 100 batches: without them its
/// neurons would fire at will or not at all. No weight moves. A gate is open as far as its constants say.
pub fn untrained(config: &TrainConfig, data: &TrainingData) -> Result<FloatModel, TrainError> {
    config.check()?;
    check_data(config, data)?;
    let train = &data.train;
    let batch = config.batch.min(train.len());
    let mut trainer = Trainer::new(config, &data.code, data.shape, batch, usize::MAX)?;
    let samples = Samples::new(train, trainer.input_map());
    let order: Vec<usize> = (0..train.len()).collect();
    for batch in order.chunks_exact(batch).take(BATCHES) {
        trainer.look(&samples, train.labels(), batch, |i| i as u64);
    }
    trainer.layers.iter_mut().for_each(|l| l.fade.r = 1.0);
    Ok(export(&trainer))
}
