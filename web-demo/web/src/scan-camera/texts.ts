/** Texts of the camera, in both languages. */
import type { Problem } from "./problem.ts";

export interface Texts extends Readonly<Record<Problem, string>> {
  readonly starting: string;
  readonly looking: string;
  readonly found: string;
  readonly readingPhoto: string;
  readonly torch: string;
  readonly choosePhoto: string;
  readonly again: string;
  readonly picture: string;
}

export const zh: Texts = {
  starting: "正在打开相机，请允许使用相机…",
  looking: "将二维码放入框内，即可自动扫描",
  found: "扫描成功，正在打开…",
  readingPhoto: "正在识别照片…",
  noCodeInPhoto: "照片中没有找到二维码，请换一张清晰的照片",
  notAPicture: "无法打开该文件，请选择一张照片",
  noReader: "扫码功能加载失败，请检查网络后重试，或输入代码",
  insecure: "相机只能在安全连接（HTTPS）下使用，请使用 https 开头的地址打开本页，或输入代码",
  missing: "未找到相机，请选择照片或输入代码",
  refused: "相机权限未开启，请在浏览器设置中允许使用相机后重试",
  busy: "相机正被其他应用占用，请关闭后重试",
  failed: "相机无法打开，请重试，或选择照片、输入代码",
  torch: "手电筒",
  choosePhoto: "选择照片",
  again: "重新扫描",
  picture: "相机画面",
};

export const en: Texts = {
  starting: "Opening the camera. Please allow its use…",
  looking: "Hold the QR code inside the frame; it is read by itself",
  found: "Code read, opening…",
  readingPhoto: "Reading the photo…",
  noCodeInPhoto: "No QR code was found in the photo. Choose a sharper one",
  notAPicture: "This file cannot be opened. Choose a photo",
  noReader: "The code reader could not be loaded. Check the network and try again, or type the code",
  insecure: "The camera works on a secure connection (HTTPS) only. Open this page by its https address, or type the code",
  missing: "No camera was found. Choose a photo or type the code",
  refused: "The camera is not allowed. Allow it in the browser's settings, then try again",
  busy: "Another app is using the camera. Close it, then try again",
  failed: "The camera could not be opened. Try again, choose a photo, or type the code",
  torch: "Torch",
  choosePhoto: "Choose a photo",
  again: "Scan again",
  picture: "Camera picture",
};
