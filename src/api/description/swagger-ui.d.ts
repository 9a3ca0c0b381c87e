/** Files of Swagger UI that are imported for their paths. */
declare module 'swagger-ui-dist/*' {
  const path: string;
  export default path;
}
