import { ScanCamera } from "./scan-camera.ts";

if (customElements.get("scan-camera") === undefined) customElements.define("scan-camera", ScanCamera);
