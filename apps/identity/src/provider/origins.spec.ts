import { describe, expect, it } from '@jest/globals';
import { answeringOrigin, webOrigins } from './origins.js';

describe('the origins of the web', () => {
  it('are on one machine all its own names, on the same port', () => {
    expect(webOrigins('http://127.0.0.1:8080')).toEqual([
      'http://127.0.0.1:8080',
      'http://localhost:8080',
      'http://[::1]:8080',
    ]);
  });
  it('are elsewhere the public one only', () => {
    expect(webOrigins('https://tinbao.example.vn')).toEqual(['https://tinbao.example.vn']);
  });
});

describe('a request', () => {
  it('is answered under the name it came by when that is ours', () => {
    expect(answeringOrigin('http://127.0.0.1:8080', 'LOCALHOST:8080').origin).toBe('http://localhost:8080');
  });
  it('is answered under the public name otherwise', () => {
    for (const host of ['evil.example', 'localhost:9999', '127.0.0.1:5101', undefined]) {
      expect(answeringOrigin('https://tinbao.example.vn', host).origin).toBe('https://tinbao.example.vn');
    }
  });
});
