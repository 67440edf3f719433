/** Texts of the face check, in both languages. */
import type { Problem } from "../scan-camera/problem.ts";
import type { Guidance } from "./guidance.ts";
import type { RefusalReason } from "./check-api.ts";

type CameraProblem = Exclude<Problem, "noCodeInPhoto" | "notAPicture" | "noReader">;

/** Keys of the messages without a number. */
export type MessageKey = CameraProblem | Guidance | RefusalReason | "ready" | "starting" | "sending" | "passed" | "offline" | "noReader";

export interface Texts extends Readonly<Record<MessageKey, string>> {
  readonly begin: string;
  readonly again: string;
  readonly stop: string;
  readonly picture: string;
  readonly tooMany: (seconds: number) => string;
}

export const zh: Texts = {
  ready: "请确认由本人操作，保持光线充足",
  begin: "采集本人人脸",
  again: "重新采集",
  stop: "停止",
  picture: "前置相机画面",
  starting: "正在打开相机，请允许使用相机…",
  noFace: "请将手机举到面前，使脸部位于圆圈内",
  severalFaces: "画面中有多张人脸，请只保留本人",
  nearer: "请靠近一些",
  farther: "请远离一些",
  toTheMiddle: "请将脸部移到圆圈中央",
  straight: "请正对手机",
  blink: "请眨眨眼",
  sending: "正在识别…",
  passed: "识别成功，正在继续…",
  no_pictures: "未能采集到清晰的照片，请重新采集，或使用下方的其他方式",
  no_face: "照片中没有看清人脸，请到光线充足处重新采集，或使用下方的其他方式",
  several_faces: "照片中不止一张人脸，请单独重新采集，或使用下方的其他方式",
  still: "没有采集到实时画面，请重新采集，或使用下方的其他方式",
  not_recognised: "未能确认是本人，请重新采集，或使用下方的其他方式",
  too_late: "本次采集已超时，请重新采集",
  tooMany: (seconds) => `尝试次数过多，请 ${seconds} 秒后再试，或使用下方的其他方式`,
  offline: "暂时无法连接，请稍后重新采集，或使用下方的其他方式",
  noReader: "人脸识别功能加载失败，请检查网络后重试，或使用下方的其他方式",
  insecure: "相机只能在安全连接（HTTPS）下使用，请使用 https 开头的地址打开本页，或使用下方的其他方式",
  missing: "未找到相机，请使用下方的其他方式",
  refused: "相机权限未开启，请在浏览器设置中允许使用相机后重试，或使用下方的其他方式",
  busy: "相机正被其他应用占用，请关闭后重试",
  failed: "相机无法打开，请重试，或使用下方的其他方式",
};

export const en: Texts = {
  ready: "Only you yourself, please, in good light",
  begin: "Show my face",
  again: "Try again",
  stop: "Stop",
  picture: "Front camera picture",
  starting: "Opening the camera. Please allow its use…",
  noFace: "Hold the phone before you, with your face inside the ring",
  severalFaces: "There are several faces. Only yours, please",
  nearer: "Come nearer",
  farther: "Move back a little",
  toTheMiddle: "Bring your face to the middle of the ring",
  straight: "Look straight at the phone",
  blink: "Blink, please",
  sending: "Checking…",
  passed: "That is you. Going on…",
  no_pictures: "No clear picture could be taken. Try again, or go the other way below",
  no_face: "No face could be made out. Try again in better light, or go the other way below",
  several_faces: "There was more than one face. Try again alone, or go the other way below",
  still: "That was no live picture. Try again, or go the other way below",
  not_recognised: "You could not be recognised. Try again, or go the other way below",
  too_late: "That took too long. Try again",
  tooMany: (seconds) => `Too many tries. Try again in ${seconds} s, or go the other way below`,
  offline: "The service cannot be reached now. Try again shortly, or go the other way below",
  noReader: "The face check could not be loaded. Check the network and try again, or go the other way below",
  insecure: "The camera works on a secure connection (HTTPS) only. Open this page by its https address, or go the other way below",
  missing: "No camera was found. Go the other way below",
  refused: "The camera is not allowed. Allow it in the browser's settings and try again, or go the other way below",
  busy: "Another app is using the camera. Close it, then try again",
  failed: "The camera could not be opened. Try again, or go the other way below",
};
