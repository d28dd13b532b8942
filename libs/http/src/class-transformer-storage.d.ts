/** What class-transformer keeps of its decorators; @nestjs/swagger reads it there too. */
declare module 'class-transformer/cjs/storage.js' {
  export { defaultMetadataStorage } from 'class-transformer/types/storage';
}
