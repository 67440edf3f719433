import { FaceCheck } from "./face-check.ts";

if (customElements.get("face-check") === undefined) customElements.define("face-check", FaceCheck);
