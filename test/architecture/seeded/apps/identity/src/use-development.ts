import supertest from 'supertest';

export const imported = supertest;
