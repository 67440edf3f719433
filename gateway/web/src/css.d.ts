/** Stylesheets are bundled as text: see css-as-text.mjs. */
declare module "*.css" {
  const text: string;
  export default text;
}
