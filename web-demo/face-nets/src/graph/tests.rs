//! Layers on pictures of a few pixels, against sums worked out by hand.

use super::*;

/// Runs layers on a square of one channel whose pixels count from 1.
fn run(side: usize, inputs: usize, layers: impl Fn(&mut Graph)) -> Result<Vec<f32>, Misfit> {
    let mut graph = Graph::new(ones(inputs));
    layers(&mut graph);
    let pixels: Vec<f32> = (1..=side * side).map(|pixel| pixel as f32).collect();
    let picture = NdTensor::<f32, 4>::from_data([1, 1, side, side], pixels);
    graph.build().unwrap().run(picture).map(Tensor::into_data)
}

/// Weights of a plain and of a separable convolution with 3 × 3 ones, and of a scaled one with
/// `inputs` channels.
fn ones(inputs: usize) -> Weights {
    let tensors = [
        ("plain/filters", vec![3, 3, 1, 1], 1.0),
        ("plain/bias", vec![1], 0.0),
        ("separable/depthwise_filter", vec![3, 3, 1, 1], 1.0),
        ("separable/pointwise_filter", vec![1, 1, 1, 1], 1.0),
        ("separable/bias", vec![1], 0.0),
        ("scaled/conv/filters", vec![1, 1, inputs, 1], 1.0),
        ("scaled/conv/bias", vec![1], 2.0),
        ("scaled/scale/weights", vec![1], 10.0),
        ("scaled/scale/biases", vec![1], 0.5),
    ];
    let tensors = tensors.map(|(name, shape, min)| {
        let quantization = serde_json::json!({ "scale": 0, "min": min });
        serde_json::json!({ "name": name, "shape": shape, "quantization": quantization })
    });
    let manifest = serde_json::json!([{ "weights": tensors }]).to_string();
    Weights::read(manifest.as_bytes(), &[0; 64]).unwrap()
}

#[test]
fn both_convolutions_sum_what_the_window_covers() {
    let all = [12.0, 21.0, 16.0, 27.0, 45.0, 33.0, 24.0, 39.0, 28.0];
    let halving = Window(2, [1; 4]);
    let some: [(Window, &[f32]); 3] = [
        (INSIDE, &[45.0]),
        (AROUND, &all),
        (halving, &[12.0, 16.0, 24.0, 28.0]),
    ];
    for (window, sums) in some {
        let plain = run(3, 1, |graph| graph.conv("plain", window).unwrap());
        assert_eq!(plain.unwrap(), sums);
        let separable = run(3, 1, |graph| {
            graph.separable_conv("separable", window).unwrap();
        });
        assert_eq!(separable.unwrap(), sums);
    }
}

#[test]
fn scale_and_shift_come_after_the_bias() {
    let scaled = run(2, 1, |graph| graph.scaled_conv("scaled", INSIDE).unwrap());
    assert_eq!(scaled.unwrap(), [30.5, 40.5, 50.5, 60.5]);
}

#[test]
fn an_odd_zero_goes_after() {
    let larger = run(4, 1, |graph| graph.max_pool(3, HALVING_AFTER)).unwrap();
    assert_eq!(larger, [11.0, 12.0, 15.0, 16.0]);
    let overlapping = run(3, 1, |graph| graph.max_pool(2, AFTER)).unwrap();
    assert_eq!(overlapping, [5.0, 6.0, 6.0, 8.0, 9.0, 9.0, 8.0, 9.0, 9.0]);
    assert_eq!(run(4, 1, Graph::halve).unwrap(), [3.5, 5.5, 11.5, 13.5]);
}

#[test]
fn zeros_go_behind_below_and_right() {
    let padded = run(1, 1, |graph| graph.pad(1, 1)).unwrap();
    assert_eq!(padded, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn a_kernel_for_other_channels_is_refused() {
    assert!(run(2, 2, |graph| graph.scaled_conv("scaled", INSIDE).unwrap()).is_err());
    assert!(run(2, 1, |graph| graph.scaled_conv("scaled", INSIDE).unwrap()).is_ok());
}
