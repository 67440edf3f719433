use super::*;

/// Runs a net on a picture of one channel whose pixels count from 1, and returns the pixels that come out.
fn result(side: usize, weights: Weights, layer: impl Fn(&mut Graph, &str) -> Value) -> Vec<f32> {
    let (mut graph, picture) = Graph::new(weights);
    let output = layer(&mut graph, &picture);
    let net = graph.build(&output, &threads()).unwrap();
    let pixels: Vec<f32> = (1..=side * side).map(|pixel| pixel as f32).collect();
    let picture = NdTensor::<f32, 4>::from_data([1, 1, side, side], pixels);
    net.run(picture).unwrap().into_data()
}

fn threads() -> Arc<ThreadPool> {
    Arc::new(ThreadPool::with_num_threads(1))
}

/// The weights of a plain and of a separable convolution with 3 × 3 ones, and of a scaled one with `inputs` channels.
fn ones(inputs: usize) -> Weights {
    let tensor = |name: &str, shape: &[usize], min: f32| {
        let quantization = serde_json::json!({ "scale": 0, "min": min });
        serde_json::json!({ "name": name, "shape": shape, "quantization": quantization })
    };
    let tensors = [
        tensor("plain/filters", &[3, 3, 1, 1], 1.0),
        tensor("plain/bias", &[1], 0.0),
        tensor("separable/depthwise_filter", &[3, 3, 1, 1], 1.0),
        tensor("separable/pointwise_filter", &[1, 1, 1, 1], 1.0),
        tensor("separable/bias", &[1], 0.0),
        tensor("scaled/conv/filters", &[1, 1, inputs, 1], 1.0),
        tensor("scaled/conv/bias", &[1], 2.0),
        tensor("scaled/scale/weights", &[1], 10.0),
        tensor("scaled/scale/biases", &[1], 0.5),
    ];
    let manifest = serde_json::json!([{ "weights": tensors }]).to_string();
    Weights::read(manifest.as_bytes(), &[0; 64]).unwrap()
}

#[test]
fn both_convolutions_sum_what_the_window_covers() {
    let all: &[f32] = &[12.0, 21.0, 16.0, 27.0, 45.0, 33.0, 24.0, 39.0, 28.0];
    let cases = [
        (INSIDE, 1, &[45.0][..]),
        (AROUND, 1, all),
        (AROUND, 2, &[12.0, 16.0, 24.0, 28.0]),
    ];
    for (pads, stride, expected) in cases {
        let plain = |graph: &mut Graph, input: &str| graph.conv(input, "plain", stride, pads);
        let separable =
            |graph: &mut Graph, input: &str| graph.separable_conv(input, "separable", stride, pads);
        assert_eq!(
            result(3, ones(1), |graph, input| plain(graph, input).unwrap()),
            expected
        );
        assert_eq!(
            result(3, ones(1), |graph, input| separable(graph, input).unwrap()),
            expected
        );
    }
}

#[test]
fn scale_and_shift_come_after_the_bias() {
    let scaled =
        |graph: &mut Graph, input: &str| graph.scaled_conv(input, "scaled", 1, INSIDE).unwrap();
    assert_eq!(result(2, ones(1), scaled), [30.5, 40.5, 50.5, 60.5]);
}

#[test]
fn an_odd_zero_goes_after() {
    let pool = |size, stride| {
        move |graph: &mut Graph, input: &str| graph.max_pool(input, size, stride, AFTER)
    };
    assert_eq!(result(4, ones(1), pool(3, 2)), [11.0, 12.0, 15.0, 16.0]);
    let overlapping = [5.0, 6.0, 6.0, 8.0, 9.0, 9.0, 8.0, 9.0, 9.0];
    assert_eq!(result(3, ones(1), pool(2, 1)), overlapping);
    let halves = [3.5, 5.5, 11.5, 13.5];
    assert_eq!(
        result(4, ones(1), |graph, input| graph.halve(input)),
        halves
    );
}

#[test]
fn zeros_go_behind_below_and_right() {
    let padded = result(1, ones(1), |graph, input| graph.pad(input, 1, 1));
    assert_eq!(padded, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn a_kernel_for_other_channels_is_refused() {
    let (mut graph, picture) = Graph::new(ones(2));
    let output = graph.scaled_conv(&picture, "scaled", 1, INSIDE).unwrap();
    let net = graph.build(&output, &threads()).unwrap();
    assert!(net.run(NdTensor::zeros([1, 1, 2, 2])).is_err());
}
