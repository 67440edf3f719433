// Reads a QR code by the camera where the browser can; elsewhere the person types the code.
const form = document.forms[0];
const video = form.querySelector("video");

if ("BarcodeDetector" in window && navigator.mediaDevices) {
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).catch(() => undefined);
  if (stream) {
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
    while (!form.elements.code.value) {
      const [found] = await detector.detect(video);
      if (found) form.elements.code.value = found.rawValue;
      else await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    }
    stream.getTracks().forEach((track) => track.stop());
    form.requestSubmit();
  }
}
